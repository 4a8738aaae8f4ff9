/* The option rows about logging in, AWS and snapshots. */
#include "cmd/rows.h"

#define AT(member) offsetof(struct settings, aws.member)

const struct option rows_login[ROWS_LOGIN] = {
    {"iam", 0, OPTION_FLAG, NULL, AT(iam), "log in with an IAM token, made anew for every connection", 0, 0},
    {"iam-host", 0, OPTION_TEXT, "HOST", AT(iam_host),
     "the endpoint that the token is for (HOST or HOST:PORT), when the URL names a tunnel or an alias", 0, 0},
    {"secret", 0, OPTION_TEXT, "ID", AT(secret),
     "take the login from Secrets Manager: a name, an ARN, or @master for the password that RDS manages", 0, 0},
    {"secret-tag", 0, OPTION_TEXT, "KEY", AT(secret_tag), "the cluster's tag KEY names the secret", 0, 0},
    {"password-command", 0, OPTION_TEXT, "COMMAND", AT(password_command),
     "run COMMAND (no shell) for each connection; the first line that it prints is the password", 0, 0},
    {"rds-ca", 0, OPTION_TEXT, "FILE", AT(rds_ca),
     "certificates of RDS, global-bundle.pem (sslrootcert, else /etc/ssl/rds/global-bundle.pem)", 0, 0},
    {"region", 0, OPTION_TEXT, "NAME", AT(region), "AWS region (the host name's, AWS_REGION, the profile's)", 0, 0},
    {"profile", 0, OPTION_TEXT, "NAME", AT(profile), "AWS profile (AWS_PROFILE, else default)", 0, 0},
    {"rds-cluster", 0, OPTION_TEXT, "NAME", AT(cluster), "the database's cluster, when its host name does not say", 0,
     0},
    {"rds-instance", 0, OPTION_TEXT, "NAME", AT(instance), "the database's instance, when its host name does not say",
     0, 0},
    {"aws-wait", 0, OPTION_DURATION, "TIME", AT(wait_ms),
     "how long to wait for a cluster that is busy, such as with a backup (10min)", 0, INT64_MAX},
    {"aws-timeout", 0, OPTION_DURATION, "TIME", AT(answer_ms),
     "how long to wait for one answer of AWS, before it is asked again (60s)", 100, 600000},
    {"aws-poll", 0, OPTION_DURATION, "TIME", AT(poll_ms), "how often to ask AWS how far something is (15s)", 10,
     3600000},
};

const struct option rows_snapshot[ROWS_SNAPSHOT] = {
    {"snapshot", 0, OPTION_CHOICE, SNAPSHOT_WORDS, AT(snapshot),
     "before the first change take a snapshot: where it can be taken (auto), each time (always), or run nothing "
     "without (require)",
     0, 0},
    {"snapshot-when", 0, OPTION_TEXT, "WHEN", AT(when),
     "only when it is worth it: always, destructive, or tables>SIZE, as tables>10GB (always)", 0, 0},
    {"snapshot-command", 0, OPTION_TEXT, "COMMAND", AT(command),
     "outside RDS: run COMMAND (no shell), which makes the backup; a {id} in it is the snapshot's name", 0, 0},
    {"snapshot-timeout", 0, OPTION_DURATION, "TIME", AT(timeout_ms), "give up waiting for the snapshot (1h)", 1,
     INT64_MAX},
    {"snapshot-reuse", 0, OPTION_DURATION, "TIME", AT(reuse_ms),
     "a run takes the snapshot of one that was cut short, when it is no older (1h)", 0, INT64_MAX},
    {"snapshot-tag", 0, OPTION_LIST, "KEY=VALUE", AT(tags), "add a tag to the snapshot, may be repeated", 0, 0},
    {"allow-blue-green", 0, OPTION_FLAG, NULL, AT(allow_blue_green),
     "also change the blue side of an active blue/green deployment", 0, 0},
    {"min-acu", 0, OPTION_TEXT, "N", AT(min_acu),
     "Serverless v2: raise the minimum capacity to N for the run, and put it back afterwards", 0, 0},
    {"notify-topic", 0, OPTION_TEXT, "ARN", AT(notify_topic), "tell this SNS topic how the run ended", 0, 0},
    {"notify-s3", 0, OPTION_TEXT, "URL", AT(notify_s3),
     "put how the run ended at s3://BUCKET/PREFIX/RUN.json, and its report as RUN.html", 0, 0},
    {"keep-snapshots", 0, OPTION_NUMBER, "N", AT(keep), "snapshot prune: never delete the N newest (3)", 0, 1000},
};
