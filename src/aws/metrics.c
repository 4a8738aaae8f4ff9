#include "aws/metrics.h"

#include "aws/when.h"

#include <jansson.h>
#include <math.h>

enum { WINDOW_S = 300, PERIOD_S = 60, BODY_MAX = 1 << 16 };

static const struct {
    const char *name, *statistic;
} rows[METRIC_CLOUDWATCH] = {
    [METRIC_CPU] = {"CPUUtilization", "Maximum"},
    [METRIC_LAG] = {"AuroraReplicaLag", "Maximum"},
    [METRIC_CAPACITY] = {"ServerlessDatabaseCapacity", "Maximum"},
    [METRIC_UTILISATION] = {"ACUUtilization", "Maximum"},
    [METRIC_MEMORY] = {"FreeableMemory", "Minimum"},
};

static const char load_metric[] = "db.load.avg";

const char *metric_name(enum metric m)
{
    return m == METRIC_LOAD ? load_metric : rows[m].name;
}

static void set(struct metrics *out, enum metric m, double value, int64_t at)
{
    out->known[m] = true;
    out->value[m] = value;
    out->at[m] = at;
}

static void add_query(struct strbuf *body, unsigned i, bool is_cluster, const char *id)
{
    char prefix[64], key[128];
    snprintf(prefix, sizeof(prefix), "MetricDataQueries.member.%u", i + 1);
    strbuf_addf(body, "&%s.Id=m%u", prefix, i);
    strbuf_addf(body, "&%s.MetricStat.Metric.Namespace=AWS%%2FRDS", prefix);
    strbuf_addf(body, "&%s.MetricStat.Metric.MetricName=%s", prefix, rows[i].name);
    strbuf_addf(body, "&%s.MetricStat.Metric.Dimensions.member.1.Name=%s", prefix,
                is_cluster ? "DBClusterIdentifier" : "DBInstanceIdentifier");
    snprintf(key, sizeof(key), "%s.MetricStat.Metric.Dimensions.member.1.Value", prefix);
    aws_param(body, key, str_of(id));
    strbuf_addf(body, "&%s.MetricStat.Period=%d&%s.MetricStat.Stat=%s", prefix, (int)PERIOD_S, prefix,
                rows[i].statistic);
}

enum status metrics_read(struct aws *aws, bool is_cluster, const char *id, struct metrics *out, struct error *err)
{
    struct arena scratch;
    struct strbuf body;
    struct aws_answer answer;
    char from[21], to[21];
    arena_init(&scratch, 64 << 20);
    strbuf_init(&body, BODY_MAX);
    memset(out->known, 0, METRIC_CLOUDWATCH * sizeof(out->known[0]));
    when_print(aws_now(aws) - WINDOW_S, from);
    when_print(aws_now(aws), to);
    aws_param(&body, "StartTime", str_of(from));
    aws_param(&body, "EndTime", str_of(to));
    strbuf_add_cstr(&body, "&ScanBy=TimestampDescending");
    for (unsigned i = 0; i < METRIC_CLOUDWATCH; i++) {
        add_query(&body, i, is_cluster, id);
    }
    const struct aws_call call = {
        .service = AWS_CLOUDWATCH, .action = "GetMetricData", .body = strbuf_str(&body), .resource = id};
    const enum status status = aws_call(aws, &call, &scratch, &answer, err);
    const struct xml *results = status ? NULL : xml_get(answer.xml, "GetMetricDataResult/MetricDataResults");
    for (const struct xml *x = results ? results->first : NULL; x; x = x->next) {
        const struct str name = xml_text(x, "Id"), value = xml_text(x, "Values/member");
        char *end;
        int64_t i;
        if (name.n > 1 && str_to_i64(str_slice(name, 1, name.n), 0, METRIC_CLOUDWATCH - 1, &i) && value.n > 0) {
            const double number = strtod(value.p, &end);
            if (*end == '\0' && isfinite(number)) {
                set(out, (enum metric)i, number, when_iso(xml_text(x, "Timestamps/member")));
            }
        }
    }
    strbuf_free(&body);
    arena_free(&scratch);
    return status;
}

enum status metrics_load(struct aws *aws, const char *resource_id, struct metrics *out, struct error *err)
{
    struct arena scratch;
    struct aws_answer answer;
    const int64_t now = aws_now(aws);
    out->known[METRIC_LOAD] = false;
    arena_init(&scratch, 64 << 20);
    json_t *request = json_pack("{s:s, s:s, s:[{s:s}], s:I, s:I, s:i}", "ServiceType", "RDS", "Identifier", resource_id,
                                "MetricQueries", "Metric", load_metric, "StartTime", (json_int_t)(now - WINDOW_S),
                                "EndTime", (json_int_t)now, "PeriodInSeconds", (int)PERIOD_S);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    const struct aws_call call = {.service = AWS_PERFORMANCE_INSIGHTS,
                                  .action = "GetResourceMetrics",
                                  .body = str_of(text),
                                  .resource = resource_id};
    const enum status status = aws_call(aws, &call, &scratch, &answer, err);
    free(text);
    if (!status) {
        json_error_t ignored;
        json_t *root = json_loadb(answer.body.p, answer.body.n, 0, &ignored);
        const json_t *points = json_object_get(json_array_get(json_object_get(root, "MetricList"), 0), "DataPoints");
        for (size_t i = json_array_size(points); i > 0 && !out->known[METRIC_LOAD]; i--) {
            const json_t *point = json_array_get(points, i - 1), *value = json_object_get(point, "Value");
            if (json_is_number(value)) {
                set(out, METRIC_LOAD, json_number_value(value),
                    (int64_t)json_number_value(json_object_get(point, "Timestamp")));
            }
        }
        json_decref(root);
    }
    arena_free(&scratch);
    return status;
}
