#!/usr/bin/env bats
# The documentation: a reader who types what its pages say sees what they show. tests/lib/run-docs tells how a page is read.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

page() { "$BATS_TEST_DIRNAME/../lib/run-docs" "$BATS_TEST_DIRNAME/../../$1"; }

@test "README.md" { page README.md; }
@test "docs/README.md" { page docs/README.md; }
@test "docs/tutorial.md" { page docs/tutorial.md; }
@test "docs/howto/zero-downtime-recipes.md" { page docs/howto/zero-downtime-recipes.md; }
@test "docs/howto/install.md" { page docs/howto/install.md; }
@test "docs/security.md" { page docs/security.md; }
@test "docs/explanation/locks.md" { page docs/explanation/locks.md; }
@test "docs/explanation/why-batches.md" { page docs/explanation/why-batches.md; }
@test "docs/explanation/how-resume-works.md" { page docs/explanation/how-resume-works.md; }
@test "docs/explanation/what-the-verdicts-mean.md" { page docs/explanation/what-the-verdicts-mean.md; }
@test "docs/howto/ci-gate.md" { page docs/howto/ci-gate.md; }
@test "docs/howto/switch-from-x.md" { page docs/howto/switch-from-x.md; }
@test "docs/howto/tenants.md" { page docs/howto/tenants.md; }
@test "docs/howto/house-rules.md" { page docs/howto/house-rules.md; }
@test "docs/troubleshooting.md" { page docs/troubleshooting.md; }
@test "docs/howto/rehearse-and-catalog.md" { page docs/howto/rehearse-and-catalog.md; }
@test "docs/howto/deploy-pipeline-aws.md" { page docs/howto/deploy-pipeline-aws.md; }

@test "every page is here" {
    cd "$BATS_TEST_DIRNAME/../.."
    # rules.md is written by the program, and holds no commands.
    for name in README.md $(find docs -name '*.md' ! -name rules.md); do
        grep -q "^@test \"$name\"" "$BATS_TEST_FILENAME" || { echo "$name is not tested here"; return 1; }
    done
}
