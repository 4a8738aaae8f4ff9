// The AWS SDK for JavaScript as a client of the fake: node sdk.mjs FOLDER-WITH-node_modules ENDPOINT SNAPSHOT. Prints one word per thing that is as it should be.
import { createRequire } from "node:module";
import path from "node:path";

const [folder, endpoint, made] = process.argv.slice(2);
const rds = createRequire(path.join(path.resolve(folder), "package.json"))("@aws-sdk/client-rds");
const options = (secret) => ({
    endpoint,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret },
});
const client = new rds.RDSClient(options("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));

function same(what, found, wanted) {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
        throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
    console.log(what);
}
async function fails(command, through = client) {
    try {
        await through.send(command);
    } catch (e) {
        return [e.name, e.$metadata.httpStatusCode, typeof e.$metadata.requestId];
    }
    return null;
}

// What migrate made.
let snapshots = await client.send(new rds.DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: made }));
let s = snapshots.DBClusterSnapshots[0];
same("made", [s.DBClusterIdentifier, s.Status, s.StorageEncrypted, s.SnapshotCreateTime instanceof Date], ["app-00", "available", true, true]);
same("tags", s.TagList.filter((t) => t.Key === "team"), [{ Key: "team", Value: "core + co" }]);

// Pages, and markers that hold + / = & and a blank.
const ids = [];
for await (const page of rds.paginateDescribeDBClusters({ client, pageSize: 20 }, {})) {
    ids.push(...page.DBClusters.map((c) => c.DBClusterIdentifier));
}
same("pages", [ids.length, new Set(ids).size], [45, 45]);

// A snapshot of its own, waited for.
await client.send(new rds.CreateDBClusterSnapshotCommand({
    DBClusterIdentifier: "app-00",
    DBClusterSnapshotIdentifier: "by-the-sdk",
    Tags: [{ Key: "empty", Value: "" }],
}));
const waited = await rds.waitUntilDBClusterSnapshotAvailable({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { DBClusterSnapshotIdentifier: "by-the-sdk" });
same("waited", waited.state, "SUCCESS");

// A clone's life, with lists and structures as parameters.
const restored = await client.send(new rds.RestoreDBClusterToPointInTimeCommand({
    DBClusterIdentifier: "copy",
    SourceDBClusterIdentifier: "app-00",
    RestoreType: "copy-on-write",
    UseLatestRestorableTime: true,
    VpcSecurityGroupIds: ["sg-1", "sg-2"],
    ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 16 },
}));
same("restored", [restored.DBCluster.Status, restored.DBCluster.VpcSecurityGroups.map((g) => g.VpcSecurityGroupId), restored.DBCluster.ServerlessV2ScalingConfiguration],
    ["creating", ["sg-1", "sg-2"], { MinCapacity: 0.5, MaxCapacity: 16 }]);
await client.send(new rds.CreateDBInstanceCommand({ DBInstanceIdentifier: "copy-1", DBClusterIdentifier: "copy", DBInstanceClass: "db.r6g.large", Engine: "aurora-postgresql" }));
await client.send(new rds.DeleteDBInstanceCommand({ DBInstanceIdentifier: "copy-1", SkipFinalSnapshot: true }));
const gone = await client.send(new rds.DeleteDBClusterCommand({ DBClusterIdentifier: "copy", SkipFinalSnapshot: true }));
same("deleted", gone.DBCluster.Status, "deleting");

// Errors are the SDK's own classes.
same("not-found", await fails(new rds.DescribeDBClustersCommand({ DBClusterIdentifier: "none" })), ["DBClusterNotFoundFault", 404, "string"]);
same("exists", await fails(new rds.CreateDBClusterSnapshotCommand({ DBClusterIdentifier: "app-00", DBClusterSnapshotIdentifier: "by-the-sdk" })),
    ["DBClusterSnapshotAlreadyExistsFault", 400, "string"]);
same("signature", await fails(new rds.DescribeDBClustersCommand({}), new rds.RDSClient(options("wrong"))), ["SignatureDoesNotMatch", 403, "string"]);
