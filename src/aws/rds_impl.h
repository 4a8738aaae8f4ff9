/*
 * rds_impl.h - what rds.c and rds_more.c share.
 */
#ifndef MIGRATE_AWS_RDS_IMPL_H
#define MIGRATE_AWS_RDS_IMPL_H

#include "aws/rds.h"

enum { REQUEST_ARENA_MAX = 256 << 20 };

struct rds_request {
    struct arena arena;
    struct strbuf body;
    struct aws_answer answer;
};
void rds_request_init(struct rds_request *r);
void rds_request_free(struct rds_request *r);
/* Call; the result element in *result. */
NODISCARD enum status rds_request_send(struct aws *aws, struct rds_request *r, const char *action, const char *resource,
                                       const struct xml **result, struct error *err);

/*
 * Call page by page: visit() gets each element of the list `list` of the results, with an arena that lasts. Not-found errors count as no element.
 */
NODISCARD enum status rds_pages(struct aws *aws, struct rds_request *r, const char *action, const char *list,
                                const char *resource, struct arena *a,
                                void (*visit)(void *out, const struct xml *element, struct arena *a), void *out,
                                struct error *err);
void rds_add_tags(struct strbuf *body, const struct rds_tags *tags);
void rds_names_of(const struct xml *list, const char *member, struct arena *a, struct rds_names *out);
struct str rds_text(const struct xml *x, const char *path, struct arena *a);

#endif
