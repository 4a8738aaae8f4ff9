/*
 * notify.h - tell others: a message to an SNS topic, a document to S3.
 */
#ifndef MIGRATE_AWS_NOTIFY_H
#define MIGRATE_AWS_NOTIFY_H

#include "aws/client.h"

/* Publish to a topic, in the region that its ARN names. The subject is cut to SNS's 100 characters. ST_REMOTE. */
NODISCARD enum status notify_topic(struct aws *aws, const char *topic, const char *subject, struct str message,
                                   struct error *err);
/* Put a document at s3://bucket/key. ST_REMOTE; ST_USAGE: the URL is none of that form. */
NODISCARD enum status notify_bucket(struct aws *aws, const char *url, const char *content_type, struct str document,
                                    struct error *err);

#endif
