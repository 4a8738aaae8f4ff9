#!/usr/bin/python3
"""fake_aws.py SCENARIO.json PORT-FILE [--tls CERT KEY]: as much of AWS as migrate calls, on one port of 127.0.0.1.

RDS, STS, Secrets Manager, CloudWatch, Performance Insights, SNS, S3, the EC2 metadata service and a container's credentials endpoint. It is
told apart from AWS by three things: what it holds comes from the scenario, what goes wrong is scripted, and everything is remembered.

It shares no code with migrate: signatures are verified by botocore, requests are read and answers written by the service models of the AWS
CLI (python3-botocore's own are used where the CLI's are not installed), so a parameter or an element that AWS does not have is an error.

  GET  /_fake/log      the requests so far: [{"service", "action", "params", "status", "code", "signed_by"}]
  GET  /_fake/state    what it holds
  POST /_fake/set      merge a JSON object into the scenario
"""
import base64
import copy
import glob
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
from datetime import datetime, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MODELS = ["/usr/lib/python3/dist-packages/awscli/botocore/data", "/usr/lib/python3/dist-packages/botocore/data"]
PARAMETERS_PER_PAGE = 100
ACCOUNT = "123456789012"


def load_model(service):
    for base in MODELS:
        for path in sorted(glob.glob(f"{base}/{service}/*/service-2.json*"), reverse=True):
            opened = gzip.open if path.endswith(".gz") else open
            with opened(path, "rt", encoding="utf-8") as f:
                return json.load(f)
    raise SystemExit(f"fake_aws: no service model of {service}; install awscli or python3-botocore")


class Fault(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


# ---- the models -------------------------------------------------------------------------------------------------------

class Model:
    def __init__(self, service):
        self.data = load_model(service)
        self.shapes = self.data["shapes"]
        self.namespace = self.data["metadata"].get("xmlNamespace", "")

    def operation(self, name):
        if name not in self.data["operations"]:
            raise Fault("InvalidAction", f"The action {name} is not valid for this web service.")
        return self.data["operations"][name]

    # Query parameters, by the input's shape.
    def read(self, name, pairs):
        operation = self.operation(name)
        used = set()
        value = self.read_shape(operation["input"]["shape"], "", pairs, used) if "input" in operation else {}
        unknown = sorted(set(pairs) - used)
        if unknown:
            raise Fault("InvalidParameterCombination", f"unknown parameters: {', '.join(unknown)}")
        return value or {}

    def read_shape(self, shape_name, prefix, pairs, used):
        shape = self.shapes[shape_name]
        kind = shape["type"]
        if kind == "structure":
            value = {}
            for member, of in shape["members"].items():
                wire = (prefix + "." if prefix else "") + of.get("locationName", member)
                read = self.read_shape(of["shape"], wire, pairs, used)
                if read is not None:
                    value[member] = read
            for member in shape.get("required", []) if value or not prefix else []:
                if member not in value:
                    raise Fault("MissingParameter", f"The request must contain the parameter {member}.")
            return value if value or not prefix else None
        if kind == "list":
            value = []
            name = "" if shape.get("flattened") else "." + shape["member"].get("locationName", "member")
            while True:
                read = self.read_shape(shape["member"]["shape"], f"{prefix}{name}.{len(value) + 1}", pairs, used)
                if read is None:
                    return value or None
                value.append(read)
        if prefix not in pairs:
            return None
        used.add(prefix)
        text = pairs[prefix]
        if kind == "boolean":
            if text not in ("true", "false"):
                raise Fault("InvalidParameterValue", f"{prefix}: {text} is no boolean")
            return text == "true"
        if kind in ("integer", "long"):
            number = int(text)
            return number
        if kind in ("double", "float"):
            return float(text)
        if kind == "timestamp":
            if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", text):
                raise Fault("InvalidParameterValue", f"{prefix}: {text} is no timestamp")
        if "enum" in shape and text not in shape["enum"]:
            raise Fault("InvalidParameterValue", f"{prefix}: {text} is none of {shape['enum']}")
        return text

    # An answer, by the output's shape.
    def write(self, name, value, request_id):
        operation = self.operation(name)
        out = [f'<{name}Response xmlns="{self.namespace}">']
        if "output" in operation:
            wrapper = operation["output"].get("resultWrapper", f"{name}Result")
            out.append(f"<{wrapper}>")
            self.write_members(self.shapes[operation["output"]["shape"]], value or {}, out, name)
            out.append(f"</{wrapper}>")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>")
        return "".join(out)

    def write_members(self, shape, value, out, where):
        unknown = set(value) - set(shape["members"])
        if unknown:
            raise AssertionError(f"{where}: the model has no {sorted(unknown)}")
        for member, of in shape["members"].items():
            if value.get(member) is not None:
                self.write_shape(of["shape"], of.get("locationName", member), value[member], out, f"{where}.{member}")

    def write_shape(self, shape_name, name, value, out, where):
        shape = self.shapes[shape_name]
        kind = shape["type"]
        if kind == "list":
            inner = name if shape.get("flattened") else shape["member"].get("locationName", "member")
            if not shape.get("flattened"):
                out.append(f"<{name}>")
            for element in value:
                self.write_shape(shape["member"]["shape"], inner, element, out, where)
            if not shape.get("flattened"):
                out.append(f"</{name}>")
            return
        out.append(f"<{name}>")
        if kind == "structure":
            self.write_members(shape, value, out, where)
        elif kind == "boolean":
            assert isinstance(value, bool), where
            out.append("true" if value else "false")
        elif kind in ("integer", "long", "double", "float"):
            assert isinstance(value, (int, float)) and not isinstance(value, bool), where
            out.append(str(value))
        else:
            assert isinstance(value, str), f"{where}: {value!r}"
            assert "enum" not in shape or value in shape["enum"], f"{where}: {value!r}"
            out.append(escape(value))
        out.append(f"</{name}>")


    # JSON, both ways: nothing that the model does not have, nothing missing, every value of its type.
    def check_json(self, shape_name, value, where):
        shape = self.shapes[shape_name]
        kind = shape["type"]
        wanted = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
                  "double": (int, float), "float": (int, float), "timestamp": (int, float)}.get(kind)
        if wanted and not isinstance(value, wanted):
            raise Fault("SerializationException", f"{where} is no {kind}")
        if kind == "structure":
            unknown = set(value) - set(shape["members"])
            missing = set(shape.get("required", [])) - set(value)
            if unknown or missing:
                raise Fault("ValidationException", f"{where}: unknown {sorted(unknown)}, missing {sorted(missing)}")
            for member, inner in value.items():
                self.check_json(shape["members"][member]["shape"], inner, f"{where}.{member}")
        elif kind == "list":
            if not shape.get("min", 0) <= len(value) <= shape.get("max", 1 << 30):
                raise Fault("ValidationException", f"{where}: {len(value)} elements")
            for i, inner in enumerate(value):
                self.check_json(shape["member"]["shape"], inner, f"{where}[{i}]")
        elif kind == "string":
            if "enum" in shape and value not in shape["enum"]:
                raise Fault("ValidationException", f"{where}: {value} is none of {shape['enum']}")
            if "pattern" in shape and not re.search(shape["pattern"], value):
                raise Fault("ValidationException", f"{where}: {value} does not match {shape['pattern']}")


# ---- what it holds ----------------------------------------------------------------------------------------------------

DEFAULT = {
    "region": "us-east-1",
    "keys": {"AKIDEXAMPLE": {"secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}},
    "skew": 0,               # of its clock against this machine's, in seconds
    "session_seconds": 3600, # how long the credentials live that it gives away
    "session_polls": 0,      # answers until a session that it gave expires by itself; 0: never
    "clusters": [], "instances": [], "cluster_snapshots": [], "snapshots": [],
    "blue_green": [], "proxies": [], "proxy_endpoints": [], "proxy_targets": {}, "global_clusters": [],
    "cluster_statuses": {},  # cluster id: statuses for the coming answers, the last one stays
    "snapshot_polls": 2,     # answers with "creating" before it ends
    "snapshot_ends": "available",
    "snapshot_quota": 100,
    "page": 100,             # elements of a page
    "marker": "next+page/=&x ",
    "create_polls": 1,       # of clusters and instances
    "endpoint": None,        # host of what is restored; None: as AWS names it
    "secrets": {},           # name or ARN: {"SecretString", "VersionId"}, or a list of them: one per call, the last one stays
    "metrics": {},           # metric name: value
    "db_load": None,
    "roles": [],             # ARNs that may be taken; empty: any
    "web_tokens": ["web-token"],
    "container_token": None,
    "instance_role": "app-role",
    "imds": True,
    "denied": [],            # "rds:CreateDBClusterSnapshot"
    "kill": None,            # {"at": n, "when": "before" or "after", "pid_file": …}: SIGKILL for the client at its nth request from now on,
                             # before that is carried out, or when it is and the answer has not gone out
    "script": [],            # {"action": …, "times": n, "after": n, "do": …}; see Handler.scripted
}


class Fake:
    def __init__(self, scenario):
        self.s = {**copy.deepcopy(DEFAULT), **scenario}
        self.lock = threading.RLock()
        self.log = []
        self.published, self.objects = [], {}
        self.count = {}
        self.sessions = 0
        self.models = {name: Model(model) for name, model in (
            ("rds", "rds"), ("sts", "sts"), ("monitoring", "cloudwatch"), ("sns", "sns"),
            ("pi", "pi"), ("secretsmanager", "secretsmanager"))}
        # Newer than the model that Debian 12 has.
        self.models["rds"].shapes["DBCluster"]["members"].setdefault("GlobalClusterIdentifier", {"shape": "String"})
        for kind in ("clusters", "instances", "cluster_snapshots", "snapshots"):
            for thing in self.s[kind]:
                self.complete(kind, thing)

    def arn(self, kind, name):
        return f"arn:aws:rds:{self.s['region']}:{ACCOUNT}:{kind}:{name}"

    def now(self):
        return time.time() + self.s["skew"]

    def iso(self, when=None):
        return datetime.fromtimestamp(self.now() if when is None else when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    # What a short description leaves out.
    def complete(self, kind, t):
        region = self.s["region"]
        if kind == "clusters":
            name = t["DBClusterIdentifier"]
            t.setdefault("DBClusterArn", self.arn("cluster", name))
            t.setdefault("DbClusterResourceId", "cluster-" + hashlib.sha256(name.encode()).hexdigest()[:20].upper())
            t.setdefault("Engine", "aurora-postgresql")
            t.setdefault("EngineVersion", "15.4")
            t.setdefault("EngineMode", "provisioned")
            t.setdefault("Status", "available")
            t.setdefault("Endpoint", f"{name}.cluster-c9akciq32rg0.{region}.rds.amazonaws.com")
            t.setdefault("ReaderEndpoint", f"{name}.cluster-ro-c9akciq32rg0.{region}.rds.amazonaws.com")
            t.setdefault("Port", 5432)
            t.setdefault("MultiAZ", True)
            t.setdefault("BackupRetentionPeriod", 7)
            t.setdefault("DBSubnetGroup", "private")
            t.setdefault("DBClusterParameterGroup", "app-cluster-pg")
            t.setdefault("VpcSecurityGroups", [{"VpcSecurityGroupId": "sg-0123", "Status": "active"}])
            t.setdefault("DBClusterMembers", [{"DBInstanceIdentifier": name + "-1", "IsClusterWriter": True, "PromotionTier": 1}])
            t.setdefault("StorageEncrypted", True)
            t.setdefault("DeletionProtection", True)
            t.setdefault("IAMDatabaseAuthenticationEnabled", True)
            t.setdefault("EarliestRestorableTime", self.iso(self.now() - 86400))
            t.setdefault("LatestRestorableTime", self.iso(self.now() - 120))
            t.setdefault("TagList", [])
        elif kind == "instances":
            name = t["DBInstanceIdentifier"]
            t.setdefault("DBInstanceArn", self.arn("db", name))
            t.setdefault("DbiResourceId", "db-" + hashlib.sha256(name.encode()).hexdigest()[:20].upper())
            t.setdefault("DBInstanceStatus", "available")
            t.setdefault("DBInstanceClass", "db.r6g.large")
            t.setdefault("Engine", "aurora-postgresql" if t.get("DBClusterIdentifier") else "postgres")
            t.setdefault("EngineVersion", "15.4")
            t.setdefault("Endpoint", {"Address": f"{name}.c9akciq32rg0.{region}.rds.amazonaws.com", "Port": 5432})
            t.setdefault("MultiAZ", True)
            t.setdefault("StorageEncrypted", True)
            t.setdefault("DeletionProtection", True)
            t.setdefault("PubliclyAccessible", False)
            t.setdefault("BackupRetentionPeriod", 7)
            t.setdefault("CACertificateIdentifier", "rds-ca-rsa2048-g1")
            t.setdefault("DBParameterGroups", [{"DBParameterGroupName": "app-pg", "ParameterApplyStatus": "in-sync"}])
            t.setdefault("DBSubnetGroup", {"DBSubnetGroupName": "private"})
            t.setdefault("VpcSecurityGroups", [{"VpcSecurityGroupId": "sg-0123", "Status": "active"}])
            t.setdefault("TagList", [])
        elif kind == "cluster_snapshots":
            name = t["DBClusterSnapshotIdentifier"]
            t.setdefault("DBClusterSnapshotArn", self.arn("cluster-snapshot", name))
            t.setdefault("Engine", "aurora-postgresql")
            t.setdefault("SnapshotType", "manual")
            t.setdefault("Status", "available")
            t.setdefault("PercentProgress", 100)
            t.setdefault("SnapshotCreateTime", self.iso())
            t.setdefault("StorageEncrypted", True)
            t.setdefault("TagList", [])
        else:
            name = t["DBSnapshotIdentifier"]
            t.setdefault("DBSnapshotArn", self.arn("snapshot", name))
            t.setdefault("Engine", "postgres")
            t.setdefault("SnapshotType", "manual")
            t.setdefault("Status", "available")
            t.setdefault("PercentProgress", 100)
            t.setdefault("SnapshotCreateTime", self.iso())
            t.setdefault("Encrypted", True)
            t.setdefault("TagList", [])
        return t

    # ---- RDS ----

    def page(self, members, found, p):
        size = min(p.get("MaxRecords", PARAMETERS_PER_PAGE), self.s["page"])
        if "MaxRecords" in p and not 20 <= p["MaxRecords"] <= 100:
            raise Fault("InvalidParameterValue", f"Invalid value {p['MaxRecords']} for MaxRecords. Must be between 20 and 100")
        start = 0
        if "Marker" in p:
            prefix = self.s["marker"]
            if not p["Marker"].startswith(prefix):
                raise Fault("InvalidParameterValue", "The marker is not one of ours")
            start = int(p["Marker"][len(prefix):])
        answer = {members: [self.shown(t) for t in found[start:start + size]]}
        if start + size < len(found):
            answer["Marker"] = self.s["marker"] + str(start + size)
        return answer

    def shown(self, thing):
        return {k: v for k, v in thing.items() if not k.startswith("_")}

    def find(self, kind, key, name, fault):
        for t in self.s[kind]:
            if name in (t[key], t.get("DBClusterArn"), t.get("DBInstanceArn")) or name.lower() == t[key]:
                return t
        raise Fault(fault, f"{key.replace('Identifier', '')} {name} not found.", 404)

    def filters(self, p, allowed):
        for f in p.get("Filters", []):
            if f["Name"] not in allowed:
                raise Fault("InvalidParameterValue", f"Unrecognized filter name: {f['Name']}")
        return {f["Name"]: f["Values"] for f in p.get("Filters", [])}

    # Things that are being made come into being while they are looked at.
    def ripen(self, t, key="Status"):
        name = t.get("DBClusterIdentifier")
        queue = self.s["cluster_statuses"].get(name) if key == "Status" else None
        if queue:
            t[key] = queue.pop(0) if len(queue) > 1 else queue[0]
        if t.get("_polls", 0) > 0:
            t["_polls"] -= 1
            if t["_polls"] == 0:
                if t[key] == "deleting":
                    t["_gone"] = True
                else:
                    t[key] = "available"
                    t.update(t.pop("_then", {}))

    def DescribeDBClusters(self, p):
        found = self.s["clusters"]
        if "DBClusterIdentifier" in p:
            found = [self.find("clusters", "DBClusterIdentifier", p["DBClusterIdentifier"], "DBClusterNotFoundFault")]
        for name, values in self.filters(p, ("clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine")).items():
            key = {"engine": "Engine", "db-cluster-id": "DBClusterIdentifier"}.get(name)
            found = [c for c in found if c.get(key) in values]
        for c in found:
            self.ripen(c)
        self.s["clusters"] = [c for c in self.s["clusters"] if not c.get("_gone")]
        answer = self.page("DBClusters", [c for c in found if not c.get("_gone")], p)
        if "DBClusterIdentifier" in p and not answer["DBClusters"]:
            raise Fault("DBClusterNotFoundFault", f"DBCluster {p['DBClusterIdentifier']} not found.", 404)
        return answer

    def DescribeDBInstances(self, p):
        found = self.s["instances"]
        if "DBInstanceIdentifier" in p:
            found = [self.find("instances", "DBInstanceIdentifier", p["DBInstanceIdentifier"], "DBInstanceNotFound")]
        for name, values in self.filters(p, ("db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine")).items():
            key = {"engine": "Engine", "db-cluster-id": "DBClusterIdentifier", "db-instance-id": "DBInstanceIdentifier"}.get(name)
            found = [i for i in found if i.get(key) in values]
        for i in found:
            self.ripen(i, "DBInstanceStatus")
        self.s["instances"] = [i for i in self.s["instances"] if not i.get("_gone")]
        answer = self.page("DBInstances", [i for i in found if not i.get("_gone")], p)
        if "DBInstanceIdentifier" in p and not answer["DBInstances"]:
            raise Fault("DBInstanceNotFound", f"DBInstance {p['DBInstanceIdentifier']} not found.", 404)
        return answer

    def check_name(self, name, longest):
        if not re.match(r"^[A-Za-z][A-Za-z0-9-]*$", name) or name.endswith("-") or "--" in name or len(name) > longest:
            raise Fault("InvalidParameterValue", f"The parameter is not a valid identifier: {name}")

    def check_tags(self, tags):
        keys = set()
        for t in tags:
            key, value = t["Key"], t.get("Value", "")
            if not 1 <= len(key) <= 128 or len(value) > 256 or not re.match(r"^[\w\s_.:/=+\-@]*$", key + value) or \
                    re.match(r"^(aws|rds):", key) or key in keys:
                raise Fault("InvalidParameterValue", f"The tag {key}={value} is not valid")
            keys.add(key)
        if len(tags) > 50:
            raise Fault("InvalidParameterValue", "too many tags")
        return [{"Key": t["Key"], "Value": t.get("Value", "")} for t in tags]

    def quota(self, kind):
        if sum(1 for t in self.s[kind] if t["SnapshotType"] == "manual") >= self.s["snapshot_quota"]:
            raise Fault("SnapshotQuotaExceeded", f"Cannot create more than {self.s['snapshot_quota']} manual snapshots")

    def CreateDBClusterSnapshot(self, p):
        name = p["DBClusterSnapshotIdentifier"]
        self.check_name(name, 63)
        cluster = self.find("clusters", "DBClusterIdentifier", p["DBClusterIdentifier"], "DBClusterNotFoundFault")
        if any(t["DBClusterSnapshotIdentifier"] == name.lower() for t in self.s["cluster_snapshots"]):
            raise Fault("DBClusterSnapshotAlreadyExistsFault",
                        f"Cannot create the cluster snapshot because one with the identifier {name} already exists.")
        if cluster["Status"] != "available":
            raise Fault("InvalidDBClusterStateFault", f"DB cluster {p['DBClusterIdentifier']} is not currently in the available state.")
        self.quota("cluster_snapshots")
        t = self.complete("cluster_snapshots", {
            "DBClusterSnapshotIdentifier": name.lower(), "DBClusterIdentifier": cluster["DBClusterIdentifier"], "Status": "creating",
            "PercentProgress": 0, "EngineVersion": cluster["EngineVersion"], "Port": 5432, "_polls": self.s["snapshot_polls"],
            "TagList": self.check_tags(p.get("Tags", []))})
        self.s["cluster_snapshots"].append(t)
        return {"DBClusterSnapshot": self.shown(t)}

    def CreateDBSnapshot(self, p):
        name = p["DBSnapshotIdentifier"]
        self.check_name(name, 255)
        instance = self.find("instances", "DBInstanceIdentifier", p["DBInstanceIdentifier"], "DBInstanceNotFound")
        if any(t["DBSnapshotIdentifier"] == name.lower() for t in self.s["snapshots"]):
            raise Fault("DBSnapshotAlreadyExists", f"Cannot create the snapshot because one with the identifier {name} already exists.")
        if instance.get("DBClusterIdentifier"):
            raise Fault("InvalidParameterValue", "The specified instance is a member of a cluster and a snapshot cannot be created directly.")
        if instance["DBInstanceStatus"] not in ("available", "storage-optimization"):
            raise Fault("InvalidDBInstanceState", f"DB instance {name} is not currently in the available state.")
        self.quota("snapshots")
        t = self.complete("snapshots", {
            "DBSnapshotIdentifier": name.lower(), "DBInstanceIdentifier": instance["DBInstanceIdentifier"], "Status": "creating",
            "PercentProgress": 0, "EngineVersion": instance["EngineVersion"], "_polls": self.s["snapshot_polls"],
            "TagList": self.check_tags(p.get("Tags", []))})
        self.s["snapshots"].append(t)
        return {"DBSnapshot": self.shown(t)}

    def snapshots(self, p, kind, key, source, fault, members):
        if key in p and source in p:
            raise Fault("InvalidParameterCombination", f"{key} and {source} cannot be used together")
        found = self.s[kind]
        if key in p:
            found = [t for t in found if t[key] == p[key].lower()]
            if not found:
                raise Fault(fault, f"{key} {p[key]} not found.", 404)
        if source in p:
            found = [t for t in found if t.get(source) == p[source]]
        if "SnapshotType" in p:
            found = [t for t in found if t["SnapshotType"] == p["SnapshotType"]]
        for t in found:
            if t["Status"] == "creating":
                t["_polls"] = min(t.get("_polls", 1), self.s["snapshot_polls"]) - 1
                whole = self.s["snapshot_polls"] or 1
                t["PercentProgress"] = max(0, min(99, 100 - 100 * max(t["_polls"], 0) // whole))
                if t["_polls"] < 0:
                    t["Status"] = self.s["snapshot_ends"]
                    t["PercentProgress"] = 100 if t["Status"] == "available" else t["PercentProgress"]
        return self.page(members, found, p)

    def DescribeDBClusterSnapshots(self, p):
        return self.snapshots(p, "cluster_snapshots", "DBClusterSnapshotIdentifier", "DBClusterIdentifier",
                              "DBClusterSnapshotNotFoundFault", "DBClusterSnapshots")

    def DescribeDBSnapshots(self, p):
        return self.snapshots(p, "snapshots", "DBSnapshotIdentifier", "DBInstanceIdentifier", "DBSnapshotNotFound", "DBSnapshots")

    def delete_snapshot(self, kind, key, name, not_found, state):
        for t in self.s[kind]:
            if t[key] == name.lower():
                if t["Status"] != "available" or t["SnapshotType"] != "manual":
                    raise Fault(state, f"{name} is not in the available state")
                self.s[kind].remove(t)
                return self.shown({**t, "Status": "deleted"})
        raise Fault(not_found, f"{name} not found", 404)

    def DeleteDBClusterSnapshot(self, p):
        return {"DBClusterSnapshot": self.delete_snapshot("cluster_snapshots", "DBClusterSnapshotIdentifier", p["DBClusterSnapshotIdentifier"],
                                                          "DBClusterSnapshotNotFoundFault", "InvalidDBClusterSnapshotStateFault")}

    def DeleteDBSnapshot(self, p):
        return {"DBSnapshot": self.delete_snapshot("snapshots", "DBSnapshotIdentifier", p["DBSnapshotIdentifier"], "DBSnapshotNotFound",
                                                   "InvalidDBSnapshotState")}

    def by_arn(self, arn):
        keys = ("DBClusterArn", "DBInstanceArn", "DBClusterSnapshotArn", "DBSnapshotArn")
        for kind in ("clusters", "instances", "cluster_snapshots", "snapshots"):
            for t in self.s[kind]:
                if arn in [t.get(k) for k in keys]:
                    return t
        raise Fault("DBClusterNotFoundFault" if ":cluster:" in arn else "DBInstanceNotFound", f"{arn} not found", 404)

    def AddTagsToResource(self, p):
        t = self.by_arn(p["ResourceName"])
        new = self.check_tags(p["Tags"])
        t["TagList"] = [o for o in t["TagList"] if o["Key"] not in [n["Key"] for n in new]] + new

    def RemoveTagsFromResource(self, p):
        t = self.by_arn(p["ResourceName"])
        t["TagList"] = [o for o in t["TagList"] if o["Key"] not in p["TagKeys"]]

    def ListTagsForResource(self, p):
        return {"TagList": self.by_arn(p["ResourceName"])["TagList"]}

    def DescribeBlueGreenDeployments(self, p):
        found = self.s["blue_green"]
        for name, values in self.filters(p, ("source", "target", "blue-green-deployment-identifier", "blue-green-deployment-name")).items():
            found = [b for b in found if b.get({"source": "Source", "target": "Target"}.get(name)) in values]
        return self.page("BlueGreenDeployments", found, p)

    def DescribeDBProxies(self, p):
        found = [x for x in self.s["proxies"] if p.get("DBProxyName") in (None, x["DBProxyName"])]
        if not found and "DBProxyName" in p:
            raise Fault("DBProxyNotFoundFault", "no such proxy", 404)
        return self.page("DBProxies", found, p)

    def DescribeDBProxyEndpoints(self, p):
        found = [x for x in self.s["proxy_endpoints"] if p.get("DBProxyEndpointName") in (None, x["DBProxyEndpointName"])]
        if not found and "DBProxyEndpointName" in p:
            raise Fault("DBProxyEndpointNotFoundFault", "no such endpoint", 404)
        return self.page("DBProxyEndpoints", found, p)

    def DescribeDBProxyTargets(self, p):
        return self.page("Targets", self.s["proxy_targets"].get(p["DBProxyName"], []), p)

    def DescribeGlobalClusters(self, p):
        found = [g for g in self.s["global_clusters"] if p.get("GlobalClusterIdentifier") in (None, g["GlobalClusterIdentifier"])]
        return self.page("GlobalClusters", found, p)

    def DescribeAccountAttributes(self, p):
        return {"AccountQuotas": [
            {"AccountQuotaName": "ManualClusterSnapshots", "Used": len(self.s["cluster_snapshots"]), "Max": self.s["snapshot_quota"]},
            {"AccountQuotaName": "ManualSnapshots", "Used": len(self.s["snapshots"]), "Max": self.s["snapshot_quota"]}]}

    def RestoreDBClusterToPointInTime(self, p):
        name = p["DBClusterIdentifier"]
        self.check_name(name, 63)
        source = self.find("clusters", "DBClusterIdentifier", p["SourceDBClusterIdentifier"], "DBClusterNotFoundFault")
        if any(c["DBClusterIdentifier"] == name.lower() for c in self.s["clusters"]):
            raise Fault("DBClusterAlreadyExistsFault", "it exists")
        if p.get("RestoreType") == "copy-on-write" and "RestoreToTime" in p:
            raise Fault("InvalidParameterCombination", "RestoreToTime is not for copy-on-write")
        cluster = {k: copy.deepcopy(source.get(k)) for k in ("Engine", "EngineVersion", "Port", "StorageEncrypted", "DatabaseName", "MasterUsername")
                   if source.get(k) is not None}
        cluster.update({
            "DBClusterIdentifier": name.lower(), "Status": "creating", "DBClusterMembers": [], "_polls": self.s["create_polls"],
            "DBSubnetGroup": p.get("DBSubnetGroupName", "default"), "DBClusterParameterGroup": p.get("DBClusterParameterGroupName", "default"),
            "VpcSecurityGroups": [{"VpcSecurityGroupId": g, "Status": "active"} for g in p.get("VpcSecurityGroupIds", ["sg-default"])],
            "IAMDatabaseAuthenticationEnabled": p.get("EnableIAMDatabaseAuthentication", False),
            "DeletionProtection": p.get("DeletionProtection", False), "TagList": self.check_tags(p.get("Tags", []))})
        if "ServerlessV2ScalingConfiguration" in p:
            cluster["ServerlessV2ScalingConfiguration"] = p["ServerlessV2ScalingConfiguration"]
        if self.s["endpoint"]:
            cluster["Endpoint"] = self.s["endpoint"]
        self.s["clusters"].append(self.complete("clusters", cluster))
        return {"DBCluster": self.shown(cluster)}

    def CreateDBInstance(self, p):
        name = p["DBInstanceIdentifier"]
        self.check_name(name, 63)
        if any(i["DBInstanceIdentifier"] == name.lower() for i in self.s["instances"]):
            raise Fault("DBInstanceAlreadyExists", "it exists")
        cluster = self.find("clusters", "DBClusterIdentifier", p["DBClusterIdentifier"], "DBClusterNotFoundFault")
        instance = {"DBInstanceIdentifier": name.lower(), "DBClusterIdentifier": cluster["DBClusterIdentifier"], "Engine": p["Engine"],
                    "DBInstanceClass": p["DBInstanceClass"], "DBInstanceStatus": "creating", "_polls": self.s["create_polls"],
                    "PubliclyAccessible": p.get("PubliclyAccessible", False), "TagList": self.check_tags(p.get("Tags", []))}
        if "DBParameterGroupName" in p:
            instance["DBParameterGroups"] = [{"DBParameterGroupName": p["DBParameterGroupName"], "ParameterApplyStatus": "in-sync"}]
        cluster["DBClusterMembers"].append({"DBInstanceIdentifier": name.lower(), "IsClusterWriter": True, "PromotionTier": 1})
        self.s["instances"].append(self.complete("instances", instance))
        return {"DBInstance": self.shown(instance)}

    def DeleteDBInstance(self, p):
        t = self.find("instances", "DBInstanceIdentifier", p["DBInstanceIdentifier"], "DBInstanceNotFound")
        if t.get("DeletionProtection") and not t.get("DBClusterIdentifier"):
            raise Fault("InvalidParameterCombination", "deletion protection")
        t["DBInstanceStatus"], t["_polls"] = "deleting", 1
        for c in self.s["clusters"]:
            c["DBClusterMembers"] = [m for m in c["DBClusterMembers"] if m["DBInstanceIdentifier"] != t["DBInstanceIdentifier"]]
        return {"DBInstance": self.shown(t)}

    def DeleteDBCluster(self, p):
        t = self.find("clusters", "DBClusterIdentifier", p["DBClusterIdentifier"], "DBClusterNotFoundFault")
        if not p.get("SkipFinalSnapshot") and "FinalDBSnapshotIdentifier" not in p:
            raise Fault("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
        if t["DeletionProtection"]:
            raise Fault("InvalidParameterCombination", "Cannot delete protected Cluster, please disable deletion protection and try again.")
        if t["DBClusterMembers"]:
            raise Fault("InvalidDBClusterStateFault", "Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
        t["Status"], t["_polls"] = "deleting", 1
        return {"DBCluster": self.shown(t)}

    def ModifyDBCluster(self, p):
        t = self.find("clusters", "DBClusterIdentifier", p["DBClusterIdentifier"], "DBClusterNotFoundFault")
        if t["Status"] != "available":
            raise Fault("InvalidDBClusterStateFault", f"DB cluster {t['DBClusterIdentifier']} is not currently in the available state.")
        if "ServerlessV2ScalingConfiguration" in p:
            t["Status"], t["_polls"] = "modifying", 1
            t["_then"] = {"ServerlessV2ScalingConfiguration": p["ServerlessV2ScalingConfiguration"]}
        return {"DBCluster": self.shown(t)}

    # ---- STS ----

    def session(self, name):
        with self.lock:
            self.sessions += 1
            key, token = f"ASIAFAKE{self.sessions:04d}", f"token+/={self.sessions}" + "x" * 400
        secret = f"secret-of-{name}-{self.sessions}"
        self.s["keys"][key] = {"secret": secret, "token": token, "role": name, "polls": self.s["session_polls"]}
        return {"AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": token,
                "Expiration": self.iso(self.now() + self.s["session_seconds"])}

    def AssumeRole(self, p):
        if self.s["roles"] and p["RoleArn"] not in self.s["roles"]:
            raise Fault("AccessDenied", f"not authorized to perform: sts:AssumeRole on resource: {p['RoleArn']}", 403)
        return {"Credentials": self.session(p["RoleArn"]),
                "AssumedRoleUser": {"AssumedRoleId": "AROAFAKE:" + p["RoleSessionName"],
                                    "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{p['RoleArn'].split('/')[-1]}/{p['RoleSessionName']}"}}

    def AssumeRoleWithWebIdentity(self, p):
        if p["WebIdentityToken"] not in self.s["web_tokens"]:
            raise Fault("InvalidIdentityToken", "The web identity token is not valid")
        return self.AssumeRole({k: v for k, v in p.items() if k != "WebIdentityToken"})

    def GetCallerIdentity(self, p):
        who = self.s["keys"].get(self.caller, {}).get("role")
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{who.split('/')[-1]}/s" if who else f"arn:aws:iam::{ACCOUNT}:user/deploy"
        return {"Account": ACCOUNT, "UserId": "AIDAFAKE", "Arn": arn}

    # ---- Secrets Manager, Performance Insights: JSON ----

    def GetSecretValue(self, p):
        secret = self.s["secrets"].get(p["SecretId"])
        if secret is None:
            raise Fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if isinstance(secret, list):
            secret = secret.pop(0) if len(secret) > 1 else secret[0]
        return {"ARN": p["SecretId"] if p["SecretId"].startswith("arn:") else f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{p['SecretId']}-AbCdEf",
                "Name": p["SecretId"], "VersionStages": ["AWSCURRENT"], "CreatedDate": self.now(), **secret}

    def GetResourceMetrics(self, p):
        if p["Identifier"] not in [i["DbiResourceId"] for i in self.s["instances"] if i.get("PerformanceInsightsEnabled")]:
            raise Fault("InvalidArgumentException", f"{p['Identifier']} is not a valid identifier for RDS")
        return {"Identifier": p["Identifier"], "AlignedStartTime": p["StartTime"], "AlignedEndTime": p["EndTime"],
                "MetricList": [{"Key": {"Metric": q["Metric"]}, "DataPoints": [] if self.s["db_load"] is None else [
                    {"Timestamp": self.now() - 60, "Value": self.s["db_load"]}]} for q in p["MetricQueries"]]}

    # ---- CloudWatch, SNS, S3 ----

    def GetMetricData(self, p):
        results = []
        for q in p["MetricDataQueries"]:
            metric = q["MetricStat"]["Metric"]
            name = metric["MetricName"]
            known = {"DBClusterIdentifier": [c["DBClusterIdentifier"] for c in self.s["clusters"]],
                     "DBInstanceIdentifier": [i["DBInstanceIdentifier"] for i in self.s["instances"]]}
            told = metric["Namespace"] == "AWS/RDS" and all(d["Value"] in known.get(d["Name"], []) for d in metric["Dimensions"])
            value = self.s["metrics"].get(name) if told else None
            results.append({"Id": q["Id"], "Label": name, "StatusCode": "Complete",
                            "Timestamps": [] if value is None else [self.iso(self.now() - 60)], "Values": [] if value is None else [value]})
        return {"MetricDataResults": results}

    def Publish(self, p):
        self.published.append(p)
        return {"MessageId": "m-%d" % len(self.published)}


# ---- HTTP -------------------------------------------------------------------------------------------------------------

SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake = None

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return formatdate(self.fake.now(), usegmt=True)

    def answer(self, status, body, content_type="text/xml", headers=(), length=None):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        raise ConnectionAbortedError

    # Compare with what botocore would have signed.
    def verify(self, body):
        fake, header = self.fake, self.headers.get("Authorization", "")
        m = SCOPE.match(header)
        if not m:
            raise Fault("MissingAuthenticationToken" if not header else "IncompleteSignature", "Request is missing Authentication Token", 403)
        key, day, region, service, names, signature = m.groups()
        if key not in fake.s["keys"]:
            raise Fault("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        known = fake.s["keys"][key]
        names = names.split(";")
        for needed in ["host", "x-amz-date", "content-type"] + [n.lower() for n in self.headers if n.lower().startswith("x-amz-")]:
            if needed not in names:
                raise Fault("SignatureDoesNotMatch", f"the header {needed} must be signed", 403)
        if known.get("token") != self.headers.get("X-Amz-Security-Token"):
            raise Fault("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        date = self.headers["X-Amz-Date"]
        request = AWSRequest(self.command, f"http://{self.headers['Host']}{self.path}", {n: self.headers[n] for n in names}, body)
        request.context["timestamp"] = date
        auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(key, known["secret"]), service, region)
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        if expected != signature:
            raise Fault("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403)
        sent = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
        if sent < fake.now() - 900:
            raise Fault("SignatureDoesNotMatch", f"Signature expired: {date} is now earlier than {fake.iso()}", 403)
        if sent > fake.now() + 900:
            raise Fault("SignatureDoesNotMatch", f"Signature not yet current: {date} is still later than {fake.iso()}", 403)
        if known.get("polls"):
            known["polls"] -= 1
            if known["polls"] == 0:
                known["dead"] = True
        if known.get("dead"):
            raise Fault("ExpiredToken", "The security token included in the request is expired", 403)
        return key, service, region

    # Is this the request at which the client dies? The file appears when the shell that started it knows its number.
    def deadly(self):
        kill = self.fake.s["kill"]
        if not kill or kill["at"] == 0:
            return None
        kill["at"] -= 1
        return {"do": "kill-" + kill["when"]} if kill["at"] == 0 else None

    def kill_client(self):
        path = self.fake.s["kill"]["pid_file"]
        while not os.path.exists(path) or not os.path.getsize(path):
            time.sleep(0.01)
        with open(path, encoding="utf-8") as f:
            os.kill(int(f.read()), signal.SIGKILL)
        self.reset()

    # The first rule of the script that fits: what it does, or None.
    def scripted(self, action):
        fake = self.fake
        for rule in fake.s["script"]:
            if rule.get("action") not in (None, action) or rule.get("times", 1) <= 0:
                continue
            if rule.get("after", 0) > 0:
                rule["after"] -= 1
                continue
            rule["times"] = rule.get("times", 1) - 1
            return rule
        return None

    def misbehave(self, rule, perform):
        """Returns True when the answer is given."""
        do = rule["do"]
        if do == "throttle":
            raise Fault("Throttling", "Rate exceeded")
        if do == "error":
            raise Fault(rule["code"], rule.get("message", "scripted"), rule.get("status", 400))
        if do == "wrapped":
            self.answer(400, "<ErrorResponse><Errors><Error><Code>%s</Code><Message>wrapped</Message></Error></Errors></ErrorResponse>" % rule["code"])
        elif do == "http":
            self.answer(rule["status"], rule.get("body", ""), "text/plain")
        elif do == "html":
            self.answer(rule.get("status", 200), "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please log in<br></body></html>", "text/html")
        elif do == "reset":
            self.reset()
        elif do == "reset-after":
            perform()
            self.reset()
        elif do == "kill-before":
            self.kill_client()
        elif do == "kill-after":
            try:
                perform()
            finally:
                self.kill_client()
        elif do == "truncate":
            body = perform()
            self.answer(200, body[:len(body) * 2 // 3])
        elif do == "short":
            body = perform().encode()
            self.answer(200, body[:len(body) // 2], length=len(body))
            self.close_connection = True
        elif do == "huge":
            self.answer(200, b"<a>" + b"x" * (9 << 20) + b"</a>")
        elif do == "deep":
            self.answer(200, "<a>" * 4000 + "</a>" * 4000)
        elif do == "entities":
            self.answer(200, '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>')
        elif do == "odd":  # as valid as the usual form
            body = perform()
            self.answer(200, '<?xml version="1.0"?>\n<!-- - -->' + re.sub(r"<(/?)(\w)", r"<\1x:\2", body).replace("xmlns=", "xmlns:x=", 1))
        elif do == "hang":
            time.sleep(rule.get("seconds", 5))
            self.reset()
        else:
            raise AssertionError(do)
        return True

    def serve_aws(self, body):
        fake = self.fake
        entry = {"service": None, "action": None, "params": None, "status": 200, "code": None, "signed_by": None}
        json_protocol = False
        fake.requests = getattr(fake, "requests", 0) + 1
        request_id = f"req-{fake.requests:06d}"
        fake.log.append(entry)
        try:
            content_type = self.headers.get("Content-Type", "")
            target = self.headers.get("X-Amz-Target", "")
            json_protocol = content_type.startswith("application/x-amz-json")
            pairs = {} if json_protocol else {k: v[0] for k, v in urllib.parse.parse_qs(
                body.decode("utf-8", "replace"), keep_blank_values=True).items()}
            action = target.split(".")[-1] if json_protocol else pairs.pop("Action", None)
            if self.command == "PUT":
                action = "PutObject"
            entry["action"] = action
            rule = self.deadly() or self.scripted(action)
            if rule and rule["do"] in ("hang", "reset", "http", "html", "huge", "deep", "entities"):
                entry["code"] = rule["do"]
                return self.misbehave(rule, None)
            if action == "AssumeRoleWithWebIdentity":
                key, service, region = None, "sts", fake.s["region"]
                if self.headers.get("Authorization"):
                    raise Fault("InvalidParameterCombination", "this call is not signed")
            else:
                key, service, region = self.verify(body)
            entry["service"], entry["signed_by"], entry["region"] = service, key, region
            fake.caller = key
            if f"{service}:{action}" in fake.s["denied"]:
                raise Fault("AccessDeniedException" if json_protocol else "AccessDenied",
                            f"User: arn:aws:iam::{ACCOUNT}:user/deploy is not authorized to perform: {service}:{action}", 403)
            if service == "rds" and region != fake.s["region"]:
                fake_clusters, fake.s["clusters"] = fake.s["clusters"], []
                try:
                    return self.perform(entry, service, action, pairs, body, request_id, rule)
                finally:
                    fake.s["clusters"] = fake_clusters
            return self.perform(entry, service, action, pairs, body, request_id, rule)
        except Fault as f:
            entry["status"], entry["code"] = f.status, f.code
            if json_protocol:
                self.answer(f.status, json.dumps({"__type": "com.amazonaws.fake#" + f.code, "message": f.message}), "application/x-amz-json-1.1",
                            [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", f.code + ":http://internal.amazon.com/coral/")])
            else:
                kind = "Sender" if f.status < 500 else "Receiver"
                self.answer(f.status, f'<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>{kind}</Type><Code>{f.code}</Code>'
                                      f"<Message>{escape(f.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                            headers=[("x-amzn-RequestId", request_id)])

    def perform(self, entry, service, action, pairs, body, request_id, rule):
        fake = self.fake
        if service == "s3":
            if self.headers.get("X-Amz-Content-Sha256") != hashlib.sha256(body).hexdigest():
                raise Fault("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
            fake.objects[urllib.parse.unquote(self.path)] = body.decode("utf-8", "replace")
            return self.answer(200, "", headers=[("x-amz-request-id", request_id)])
        if service in ("secretsmanager", "pi"):
            entry["params"] = json.loads(body)
            model = fake.models[service]
            operation = model.operation(action)
            model.check_json(operation["input"]["shape"], entry["params"], action)
            if rule:
                entry["code"] = rule["do"]
                return self.misbehave(rule, None)
            answer = getattr(fake, action)(entry["params"])
            model.check_json(operation["output"]["shape"], answer, action + "Response")
            return self.answer(200, json.dumps(answer), "application/x-amz-json-1.1", [("x-amzn-RequestId", request_id)])
        model = fake.models[service]
        if pairs.pop("Version", None) != model.data["metadata"]["apiVersion"]:
            raise Fault("NoSuchVersion", "The requested version is not valid")
        entry["params"] = params = model.read(action, pairs)

        def do():
            return model.write(action, getattr(fake, action)(params), request_id)
        if rule:
            entry["code"] = rule["do"]
            return self.misbehave(rule, do)
        return self.answer(200, do(), headers=[("x-amzn-RequestId", request_id)])

    # ---- machine credentials ----

    def serve_metadata(self):
        fake = self.fake
        fake.log.append({"service": "imds", "action": self.command + " " + self.path, "status": 200, "code": None, "signed_by": None, "params": None})
        if not fake.s["imds"]:
            return self.answer(403, "", "text/plain")
        if self.command == "PUT" and self.path == "/latest/api/token":
            if "x-aws-ec2-metadata-token-ttl-seconds" not in self.headers:
                return self.answer(400, "", "text/plain")
            return self.answer(200, "metadata-token", "text/plain")
        if self.headers.get("x-aws-ec2-metadata-token") != "metadata-token":
            return self.answer(401, "", "text/plain")
        rule = self.scripted("imds")
        if rule:
            return self.misbehave(rule, None)
        role = fake.s["instance_role"]
        base = "/latest/meta-data/"
        if self.path == base + "placement/region":
            return self.answer(200, fake.s["region"], "text/plain")
        if role and self.path == base + "iam/security-credentials/":
            return self.answer(200, role, "text/plain")
        if role and self.path == base + "iam/security-credentials/" + role:
            c = fake.session("instance/" + role)
            return self.answer(200, json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": c["AccessKeyId"],
                                                "SecretAccessKey": c["SecretAccessKey"], "Token": c["SessionToken"],
                                                "Expiration": c["Expiration"]}), "text/plain")
        return self.answer(404, "", "text/plain")

    def serve_container(self):
        fake = self.fake
        fake.log.append({"service": "container", "action": self.path, "status": 200, "code": None, "signed_by": None, "params": None})
        if fake.s["container_token"] and self.headers.get("Authorization") != fake.s["container_token"]:
            return self.answer(401, json.dumps({"code": "AccessDenied", "message": "wrong token"}), "application/json")
        rule = self.scripted("container")
        if rule:
            return self.misbehave(rule, None)
        c = fake.session("task/app")
        return self.answer(200, json.dumps({"AccessKeyId": c["AccessKeyId"], "SecretAccessKey": c["SecretAccessKey"],
                                            "Token": c["SessionToken"], "Expiration": c["Expiration"]}), "application/json")

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        fake = self.fake
        try:
            with fake.lock:
                if self.path == "/_fake/log":
                    self.answer(200, json.dumps(fake.log), "application/json")
                elif self.path == "/_fake/state":
                    self.answer(200, json.dumps({**fake.s, "published": fake.published, "objects": fake.objects}), "application/json")
                elif self.path == "/_fake/set":
                    new = json.loads(body)
                    for kind in ("clusters", "instances", "cluster_snapshots", "snapshots"):
                        for thing in new.get(kind, []):
                            fake.complete(kind, thing)
                    fake.s.update(new)
                    self.answer(200, "{}", "application/json")
                elif self.path.startswith("/latest/"):
                    self.serve_metadata()
                elif self.path.startswith("/container"):
                    self.serve_container()
                else:
                    self.serve_aws(body)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = handle_any


def main(argv):
    with open(argv[1], encoding="utf-8") as f:
        Handler.fake = Fake(json.load(f))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if "--tls" in argv:
        at = argv.index("--tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(argv[at + 1], argv[at + 2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(argv[2] + ".new", "w", encoding="utf-8") as f:
        f.write(str(server.server_address[1]))
    os.rename(argv[2] + ".new", argv[2])
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv)
