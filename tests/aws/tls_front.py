#!/usr/bin/python3
"""tls_front.py CONFIG.json PORT-FILE: stands before a PostgreSQL as RDS stands before its own.

It speaks TLS with the certificate of the endpoint, demands the password in clear, verifies that it is an IAM token by having botocore sign the
same request anew (host, port, user, 900 seconds, session token), and then hands the connection on to the server's unix socket. With
"passwords" in the configuration it takes one of these instead: [[user, password], …]. Every login is a line of "log". With "proxy" it is as an RDS
Proxy: startup options are refused, and nothing can be cancelled.
"""
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import urllib.parse
from datetime import datetime, timedelta, timezone

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def read_exact(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def error(s, code, text):
    fields = b"SFATAL\0VFATAL\0C" + code.encode() + b"\0M" + text.encode() + b"\0\0"
    s.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)


def relay(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def verify_token(token, user, config):
    """What is wrong with it; None: nothing."""
    url = urllib.parse.urlsplit("https://" + token)
    q = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True, strict_parsing=True))
    if url.netloc != config["endpoint"]:
        return f"the token is for {url.netloc}"
    key, day, region, service, _ = q["X-Amz-Credential"].split("/")
    known = config["keys"].get(key)
    if known is None or service != "rds-db" or region != config["region"] or q["Action"] != "connect":
        return "unknown key, service or region"
    if q["DBUser"] != user:
        return f"the token is for the user {q['DBUser']}"
    if q["X-Amz-Expires"] != "900" or q.get("X-Amz-Security-Token") != known.get("token"):
        return "wrong lifetime or session"
    when = datetime.strptime(q["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if not timedelta(minutes=-5) < datetime.now(timezone.utc) - when < timedelta(seconds=900):
        return "the token has expired"
    # Sign the request that the token stands for, at the token's time.
    unsigned = urllib.parse.urlencode([("Action", "connect"), ("DBUser", user)], quote_via=urllib.parse.quote)
    request = AWSRequest("GET", f"https://{config['endpoint']}/?{unsigned}", {"host": config["endpoint"]})
    auth = SigV4QueryAuth(Credentials(key, known["secret"], known.get("token")), service, region, expires=900)
    request.context["timestamp"] = q["X-Amz-Date"]
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    return None if signature == q["X-Amz-Signature"] else "the signature is another"


def serve(raw, config, context, log):
    try:
        length, code = struct.unpack("!II", read_exact(raw, 8))
        if code == 80877102:  # CancelRequest: pass it on
            body = read_exact(raw, length - 8)
            if config.get("proxy"):
                return
            with socket.socket(socket.AF_UNIX) as to:
                to.connect(config["socket"])
                to.sendall(struct.pack("!II", length, code) + body)
            return
        if code != 80877103:
            error(raw, "28000", "no pg_hba.conf entry: SSL off")
            return
        raw.sendall(b"S")
        s = context.wrap_socket(raw, server_side=True)
        length, = struct.unpack("!I", read_exact(s, 4))
        startup = read_exact(s, length - 4)
        words = startup[4:].split(b"\0")
        params = {words[i].decode(): words[i + 1].decode() for i in range(0, len(words) - 2, 2)}
        if config.get("proxy") and params.get("options"):
            error(s, "0A000", "startup options are not supported here")
            return
        s.sendall(b"R" + struct.pack("!II", 8, 3))
        kind, length = struct.unpack("!cI", read_exact(s, 5))
        password = read_exact(s, length - 4).rstrip(b"\0").decode()
        if "passwords" in config:
            with open(config["passwords"], encoding="utf-8") as f:
                good = [params["user"], password] in json.load(f)
            wrong, code = (None if good else "wrong password"), "28P01"
        else:
            wrong, code = verify_token(password, params["user"], config), "28000"
        log(f"{params['user']} {'ok' if wrong is None else wrong} {len(password)}")
        if wrong:
            error(s, code, "PAM authentication failed for user" if code == "28000" else "password authentication failed")
            return
        with socket.socket(socket.AF_UNIX) as to:
            to.connect(config["socket"])
            to.sendall(struct.pack("!I", len(startup) + 4) + startup)
            thread = threading.Thread(target=relay, args=(to, s), daemon=True)
            thread.start()
            relay(s, to)
            thread.join()
    except (ConnectionError, OSError, ssl.SSLError, struct.error) as e:
        log(f"broken: {type(e).__name__}")
    finally:
        raw.close()


def main(argv):
    with open(argv[1], encoding="utf-8") as f:
        config = json.load(f)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config["cert"], config["key"])
    lock = threading.Lock()

    def log(line):
        with lock, open(config["log"], "a", encoding="utf-8") as f:
            f.write(re.sub(r"\s+$", "", line) + "\n")
    server = socket.create_server(("127.0.0.1", 0))
    with open(argv[2] + ".new", "w", encoding="utf-8") as f:
        f.write(str(server.getsockname()[1]))
    os.rename(argv[2] + ".new", argv[2])
    while True:
        raw, _ = server.accept()
        threading.Thread(target=serve, args=(raw, config, context, log), daemon=True).start()


main(sys.argv)
