/* What needs no network: endpoints, host names, snapshot ids and tags, profiles, times, XML, the classes of errors, pruning. */
#include "aws/client.h"
#include "aws/snapshot.h"
#include "aws/when.h"
#include "base/file.h"
#include "base/words.h"

#include <setjmp.h>
#include <cmocka.h>

static int enter(void **state)
{
    static struct arena a;
    arena_init(&a, 1 << 24);
    *state = &a;
    return 0;
}

static int leave(void **state)
{
    arena_free(*state);
    return 0;
}

static void endpoints_are_botocores(void **state)
{
    static const struct {
        const char *name;
        enum aws_service service;
    } services[] = {{"rds", AWS_RDS},
                    {"sts", AWS_STS},
                    {"secretsmanager", AWS_SECRETS_MANAGER},
                    {"cloudwatch", AWS_CLOUDWATCH},
                    {"sns", AWS_SNS},
                    {"pi", AWS_PERFORMANCE_INSIGHTS}};
    struct str text, line;
    struct error err;
    unsigned n = 0;
    assert_int_equal(file_read("tests/cases/aws/endpoints.txt", 1 << 20, *state, &text, &err), ST_OK);
    while (str_next(&text, '\n', &line)) {
        struct str name, region, fips, dual;
        if (line.n == 0 || line.p[0] == '#') {
            continue;
        }
        assert_true(str_next(&line, ' ', &name) && str_next(&line, ' ', &region) && str_next(&line, ' ', &fips) &&
                    str_next(&line, ' ', &dual));
        for (size_t i = 0; i < countof(services); i++) {
            if (str_eq(name, str_of(services[i].name))) {
                const struct endpoint_wishes wishes = {fips.p[0] == '1', dual.p[0] == '1'};
                const char *r = arena_cstr(*state, region);
                const struct str url = endpoint_default(services[i].service, r, wishes, *state);
                assert_string_equal(url.p, arena_printf(*state, "%.*s/", STR_ARG(line)).p);
                assert_true(region_looks_right(region));
                n++;
            }
        }
    }
    assert_true(n > 200);
}

static void regions(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "us", "us-east", "us-east-1a", "us_east_1", "US-EAST-1", "us--1", "-us-east-1",
                                        "us-east-1/../x", "us-east-1.evil.com", "verylong-east-1", "us-east-123"};
    for (size_t i = 0; i < countof(wrong); i++) {
        assert_false(region_looks_right(str_of(wrong[i])));
    }
    assert_true(region_looks_right(STR("us-gov-west-1")));
    assert_true(region_looks_right(STR("eu-isoe-west-1")));
}

static void host_names(void **state)
{
    static const struct {
        const char *host;
        enum host_kind kind;
        const char *name, *region;
        bool green;
    } cases[] = {
        {"app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com", HOST_WRITER, "app-prod", "us-east-1", false},
        {"APP-prod.CLUSTER-c9akciq32rg0.us-east-1.rds.amazonaws.com.", HOST_WRITER, "app-prod", "us-east-1", false},
        {"app-prod.cluster-ro-c9akciq32rg0.us-east-1.rds.amazonaws.com", HOST_READER, "app-prod", "us-east-1", false},
        {"etl.cluster-custom-c9akciq32rg0.eu-west-3.rds.amazonaws.com", HOST_CUSTOM, "etl", "eu-west-3", false},
        {"app-prod-1.c9akciq32rg0.eu-west-3.rds.amazonaws.com", HOST_INSTANCE, "app-prod-1", "eu-west-3", false},
        {"app.proxy-c9akciq32rg0.ap-southeast-2.rds.amazonaws.com", HOST_PROXY, "app", "ap-southeast-2", false},
        {"ro.endpoint.proxy-c9akciq32rg0.ap-southeast-2.rds.amazonaws.com", HOST_PROXY_ENDPOINT, "ro",
         "ap-southeast-2", false},
        {"s.shardgrp-c9akciq32rg0.us-east-1.rds.amazonaws.com", HOST_LIMITLESS, "s", "us-east-1", false},
        {"g.global-c9akciq32rg0.global.rds.amazonaws.com", HOST_GLOBAL, "g", NULL, false},
        {"app-green-a1b2c3.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com", HOST_WRITER, "app-green-a1b2c3",
         "us-east-1", true},
        {"app.cluster-c9akciq32rg0.rds.cn-north-1.amazonaws.com.cn", HOST_WRITER, "app", "cn-north-1", false},
        {"app.cluster-c9akciq32rg0.cn-north-1.rds.amazonaws.com.cn", HOST_WRITER, "app", "cn-north-1", false},
        {"app.c9akciq32rg0.rds.cn-northwest-1.amazonaws.com.cn", HOST_INSTANCE, "app", "cn-northwest-1", false},
        {"app.cluster-c9akciq32rg0.us-gov-west-1.rds.amazonaws.com", HOST_WRITER, "app", "us-gov-west-1", false},
        {"app.cluster-c9akciq32rg0.rds.us-iso-east-1.c2s.ic.gov", HOST_WRITER, "app", "us-iso-east-1", false},
        {"app.c9akciq32rg0.us-east-1.rds-fips.amazonaws.com", HOST_INSTANCE, "app", "us-east-1", false},
        {"rds.us-east-1.amazonaws.com", HOST_OTHER, NULL, NULL, false},
        {"localhost", HOST_OTHER, NULL, NULL, false},
        {"127.0.0.1", HOST_OTHER, NULL, NULL, false},
        {"/run/postgresql", HOST_OTHER, NULL, NULL, false},
        {"", HOST_OTHER, NULL, NULL, false},
        {"a.b.us-east-1.rds.amazonaws.com.evil.example", HOST_OTHER, NULL, NULL, false},
        {"evil.example.cluster-abc.us-east-1.rds.amazonaws.com", HOST_OTHER, NULL, NULL, false},
        {"a.cluster-.us-east-1.rds.amazonaws.com", HOST_OTHER, NULL, NULL, false},
        {"a.cluster-abc.nowhere.rds.amazonaws.com", HOST_OTHER, NULL, NULL, false},
        {"us-east-1.rds.amazonaws.com", HOST_OTHER, NULL, NULL, false},
        {".c9akciq32rg0.us-east-1.rds.amazonaws.com", HOST_OTHER, NULL, NULL, false},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct rds_host h;
        host_parse(cases[i].host, *state, &h);
        if (h.kind != cases[i].kind || h.green != cases[i].green) {
            fail_msg("%s: %s", cases[i].host, host_kind_name(h.kind));
        }
        if (cases[i].name) {
            assert_string_equal(h.name, cases[i].name);
        }
        if (cases[i].region) {
            assert_string_equal(h.region, cases[i].region);
        } else {
            assert_null(h.region);
        }
    }
}

static void snapshot_ids(void **state)
{
    (void)state;
    static const struct {
        const char *source, *id;
    } cases[] = {
        {"app-prod", "migrate-app-prod-20240615t103000z-3f2a1c"},
        {"APP--Prod_1", "migrate-app-prod-1-20240615t103000z-3f2a1c"},
        {"---", "migrate-20240615t103000z-3f2a1c"},
        {"abcdefghijklmnopqrstuvwxyz0123-456789", "migrate-abcdefghijklmnopqrstuvwxyz0123-20240615t103000z-3f2a1c"},
        {"abcdefghijklmnopqrstuvwxyz01234567", "migrate-abcdefghijklmnopqrstuvwxyz01234-20240615t103000z-3f2a1c"},
    };
    char id[SNAPSHOT_ID_MAX + 1];
    for (size_t i = 0; i < countof(cases); i++) {
        snapshot_id(cases[i].source, 1718447400, "3f2a1c99deadbeef", id);
        assert_string_equal(id, cases[i].id);
        assert_true(strlen(id) <= 63);
        assert_true(snapshot_id_is_ours(str_of(id)));
    }
    static const char *const foreign[] = {"rds:app-2024-06-15", "migrate-app", "awsbackup:job-1", "",
                                          "migrate-app-20240615t103000z-3f2a1X", "other-app-20240615t103000z-3f2a1c"};
    for (size_t i = 0; i < countof(foreign); i++) {
        assert_false(snapshot_id_is_ours(str_of(foreign[i])));
    }
}

static void tags_are_what_aws_takes(void **state)
{
    struct rds_tags tags = {0};
    char longer[400];
    memset(longer, 'x', sizeof(longer));
    snapshot_tag(&tags, *state, "migrate:to", STR("a,b\"c(d)*#e \xC3\xA9_.:/=+-@"));
    snapshot_tag(&tags, *state, "k", (struct str){longer, sizeof(longer)});
    assert_string_equal(tags.at[0].value.p, "a_b_c_d___e ___.:/=+-@");
    assert_int_equal(tags.at[1].value.n, 256);
}

static struct rds_snapshot made(const char *id, const char *status, int64_t at, bool tagged, struct arena *a)
{
    struct rds_snapshot s = {.id = str_of(id), .status = str_of(status), .type = STR("manual"), .created_at = at};
    if (tagged) {
        snapshot_tag(&s.tags, a, "migrate:tool", STR("migrate"));
    }
    return s;
}

static void prunes_only_its_own(void **state)
{
    struct rds_snapshots list = {0};
    enum prune verdicts[8];
    *vec_push(*state, &list) = made("migrate-app-20240601t000000z-aaaaaa", "available", 100, true, *state);
    *vec_push(*state, &list) = made("migrate-app-20240602t000000z-aaaaab", "available", 200, true, *state);
    *vec_push(*state, &list) = made("migrate-app-20240603t000000z-aaaaac", "creating", 300, true, *state);
    *vec_push(*state, &list) = made("migrate-app-20240604t000000z-aaaaad", "available", 400, false, *state);
    *vec_push(*state, &list) = made("nightly", "available", 50, true, *state);
    *vec_push(*state, &list) = made("migrate-app-20240605t000000z-aaaaae", "available", 900, true, *state);
    *vec_push(*state, &list) = made("migrate-app-20240531t000000z-aaaaaf", "available", 90, true, *state);
    const struct prune_rules rules = {
        .older_than_s = 850, .keep = 1, .protect = STR("migrate-app-20240531t000000z-aaaaaf"), .now = 1000};
    snapshot_prune_plan(&list, &rules, verdicts);
    static const struct {
        const char *id;
        enum prune verdict;
    } want[] = {
        {"migrate-app-20240605t000000z-aaaaae", KEEP_NEWEST},  {"migrate-app-20240604t000000z-aaaaad", KEEP_FOREIGN},
        {"migrate-app-20240603t000000z-aaaaac", KEEP_UNFINISHED}, {"migrate-app-20240602t000000z-aaaaab", KEEP_YOUNG},
        {"migrate-app-20240601t000000z-aaaaaa", PRUNE_IT},     {"migrate-app-20240531t000000z-aaaaaf", KEEP_PROTECTED},
        {"nightly", KEEP_FOREIGN},
    };
    for (size_t i = 0; i < countof(want); i++) {
        assert_true(str_eq(list.at[i].id, str_of(want[i].id)));
        assert_int_equal(verdicts[i], want[i].verdict);
    }
}

static void times(void **state)
{
    (void)state;
    char text[21];
    assert_int_equal(when_iso(STR("2024-06-15T10:30:00Z")), 1718447400);
    assert_int_equal(when_iso(STR("2024-06-15T10:30:00.123456Z")), 1718447400);
    assert_int_equal(when_iso(STR("2024-06-15T12:30:00+02:00")), 1718447400);
    assert_int_equal(when_iso(STR("2024-06-15T06:30:00-0400")), 1718447400);
    assert_int_equal(when_iso(STR("2024-06-15")), 0);
    assert_int_equal(when_iso(STR("2024-06-15T10:30:00")), 0);
    assert_int_equal(when_iso(STR("2024-06-15Tab:30:00Z")), 0);
    assert_int_equal(when_iso(STR("")), 0);
    assert_int_equal(when_http(STR("Sat, 15 Jun 2024 10:30:00 GMT")), 1718447400);
    assert_int_equal(when_http(STR("Sat, 15 Foo 2024 10:30:00 GMT")), 0);
    assert_int_equal(when_http(STR("yesterday")), 0);
    when_print(1718447400, text);
    assert_string_equal(text, "2024-06-15T10:30:00Z");
}

static void words(void **state)
{
    static const struct {
        const char *line;
        const char *words[5];
    } cases[] = {
        {"a b  c", {"a", "b", "c"}},
        {"'a b' \"c \\\"d\\\" \\x\" e\\ f", {"a b", "c \"d\" \\x", "e f"}},
        {"a'b'\"c\"d ''", {"abcd", ""}},
        {"\"/opt/my tool\" --x=\"$HOME\"", {"/opt/my tool", "--x=$HOME"}},
    };
    struct word_list list;
    for (size_t i = 0; i < countof(cases); i++) {
        assert_true(words_split(str_of(cases[i].line), *state, &list));
        for (size_t k = 0; cases[i].words[k]; k++) {
            assert_string_equal(list.at[k], cases[i].words[k]);
        }
        assert_null(list.at[list.n]);
    }
    assert_false(words_split(STR("a 'b"), *state, &list));
    assert_false(words_split(STR("  "), *state, &list));
}

static void reads_xml(void **state)
{
    struct error err;
    const struct xml *x;
    assert_int_equal(xml_parse(STR("<?xml version='1.0'?><ns:R xmlns:ns='u'><!-- c --><A> 1 </A><B><C>x&lt;&#233;</C><C><![CDATA[<y>]]>"
                                   "</C></B><E/><T>TRUE</T></ns:R>"),
                               *state, &x, &err),
                     ST_OK);
    assert_true(str_eq(x->name, STR("R")));
    assert_true(str_eq(xml_text(x, "A"), STR("1")));
    assert_int_equal(xml_i64(x, "A", -1), 1);
    assert_true(str_eq(xml_text(x, "B/C"), STR("x<\xC3\xA9")));
    assert_true(str_eq(xml_get(x, "B/C")->next->text, STR("<y>")));
    assert_int_equal(xml_text(x, "E").n, 0);
    assert_int_equal(xml_text(x, "B/D/F").n, 0);
    assert_int_equal(xml_i64(x, "E", -1), -1);
    assert_true(xml_true(x, "T"));
    assert_true(str_eq(xml_any(x, "C"), STR("x<\xC3\xA9")));
}

static void refuses_hostile_xml(void **state)
{
    struct error err;
    const struct xml *x;
    struct strbuf deep;
    static const char *const wrong[] = {
        "", "x", "<a>", "<a></b>", "<a>&b;</a>", "<a>\x01</a>", "<a/><b/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    };
    for (size_t i = 0; i < countof(wrong); i++) {
        assert_int_equal(xml_parse(str_of(wrong[i]), *state, &x, &err), ST_REMOTE);
        assert_null(x);
    }
    strbuf_init(&deep, 1 << 20);
    for (int i = 0; i < 33; i++) {
        strbuf_add_cstr(&deep, "<a>");
    }
    for (int i = 0; i < 33; i++) {
        strbuf_add_cstr(&deep, "</a>");
    }
    assert_int_equal(xml_parse(strbuf_str(&deep), *state, &x, &err), ST_REMOTE);
    assert_non_null(strstr(err.primary, "nested too deep"));
    assert_int_equal(xml_parse(str_slice(strbuf_str(&deep), 3, deep.n - 4), *state, &x, &err), ST_OK);
    strbuf_free(&deep);
}

static void reads_profiles(void **state)
{
    struct error err;
    struct ini ini;
    char path[] = "/tmp/migrate-ini-XXXXXX";
    close(mkstemp(path));
    assert_int_equal(file_write_atomic(path, STR("# c\n[default]\naws_access_key_id = A # no\n\n[profile  dev]\n"
                                                 "region=eu-west-1\nservices = x\r\n[services x]\nrds =\n  endpoint_url = http://h\n"
                                                 "sts =\n  endpoint_url = http://s\n[ default ]\nregion = us-east-1\n"),
                                       &err),
                     ST_OK);
    assert_int_equal(ini_read(path, true, *state, &ini, &err), ST_OK);
    assert_true(str_eq(ini_get(&ini, STR("default"), "aws_access_key_id")->value, STR("A")));
    assert_true(str_eq(ini_get(&ini, STR("default"), "region")->value, STR("us-east-1")));
    assert_true(str_eq(ini_get(&ini, STR("profile dev"), "services")->value, STR("x")));
    assert_true(str_eq(ini_get(&ini, STR("services x"), "rds.endpoint_url")->value, STR("http://h")));
    assert_true(str_eq(ini_get(&ini, STR("services x"), "sts.endpoint_url")->value, STR("http://s")));
    assert_null(ini_get(&ini, STR("default"), "aws_secret_access_key"));
    static const char *const wrong[] = {"[default\nx=1\n", "x = secret\n", "[a]\nsecret-without-a-key\n"};
    for (size_t i = 0; i < countof(wrong); i++) {
        assert_int_equal(file_write_atomic(path, str_of(wrong[i]), &err), ST_OK);
        assert_int_equal(ini_read(path, true, *state, &ini, &err), ST_REMOTE);
        assert_string_equal(err.file, path);
        assert_true(err.line > 0);
        assert_null(strstr(err.primary, "secret"));
    }
    assert_int_equal(ini_read("/nowhere/at/all", false, *state, &ini, &err), ST_OK);
    remove(path);
}

static void classes_of_errors(void **state)
{
    (void)state;
    assert_int_equal(fault_of(STR("Throttling"), STR("Rate exceeded"), 400), FAULT_THROTTLED);
    assert_int_equal(fault_of(STR("SignatureDoesNotMatch"), STR("Signature expired: x"), 403), FAULT_CLOCK);
    assert_int_equal(fault_of(STR("SignatureDoesNotMatch"), STR("does not match"), 403), FAULT_KEYS);
    assert_int_equal(fault_of(STR("InvalidSignatureException"), STR("Signature not yet current"), 400), FAULT_CLOCK);
    assert_int_equal(fault_of(STR("DBClusterSnapshotAlreadyExistsFault"), STR(""), 400), FAULT_EXISTS);
    assert_int_equal(fault_of(STR("DBSnapshotAlreadyExists"), STR(""), 400), FAULT_EXISTS);
    assert_int_equal(fault_of(STR("DBInstanceNotFound"), STR(""), 404), FAULT_NOT_FOUND);
    assert_int_equal(fault_of(STR("InvalidDBClusterStateFault"), STR(""), 400), FAULT_BUSY);
    assert_int_equal(fault_of(STR(""), STR(""), 503), FAULT_TRANSIENT);
    assert_int_equal(fault_of(STR(""), STR(""), 429), FAULT_THROTTLED);
    assert_int_equal(fault_of(STR("Odd"), STR(""), 400), FAULT_OTHER);
    assert_int_equal(status_readiness(STR("available")), READY);
    assert_int_equal(status_readiness(STR("backing-up")), NOT_YET);
    assert_int_equal(status_readiness(STR("something-new")), NOT_YET);
    assert_int_equal(status_readiness(STR("incompatible-restore")), NEVER);
    assert_int_equal(status_readiness(STR("stopped")), NEVER);
}

static void urls_are_shown_without_secrets(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, 1000);
    http_display("https://user:pass@host:1/path?token=x#y", &out);
    assert_string_equal(strbuf_cstr(&out), "https://host:1/path");
    strbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(endpoints_are_botocores, enter, leave),
        cmocka_unit_test(regions),
        cmocka_unit_test_setup_teardown(host_names, enter, leave),
        cmocka_unit_test(snapshot_ids),
        cmocka_unit_test_setup_teardown(tags_are_what_aws_takes, enter, leave),
        cmocka_unit_test_setup_teardown(prunes_only_its_own, enter, leave),
        cmocka_unit_test(times),
        cmocka_unit_test_setup_teardown(words, enter, leave),
        cmocka_unit_test_setup_teardown(reads_xml, enter, leave),
        cmocka_unit_test_setup_teardown(refuses_hostile_xml, enter, leave),
        cmocka_unit_test_setup_teardown(reads_profiles, enter, leave),
        cmocka_unit_test(classes_of_errors),
        cmocka_unit_test(urls_are_shown_without_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
