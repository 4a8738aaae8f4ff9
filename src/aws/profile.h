/*
 * profile.h - what the environment and the files of AWS say: profile, region, endpoints, certificates.
 */
#ifndef MIGRATE_AWS_PROFILE_H
#define MIGRATE_AWS_PROFILE_H

#include "aws/ini.h"

struct profile {
    struct ini credentials, config; /* ~/.aws/credentials, ~/.aws/config, or where the variables say */
    const char *name;               /* "default" when nobody named one */
    const char *named_by;           /* "--profile", "AWS_PROFILE"; NULL: nobody */
};

/* Read both files and see that a profile that was named is there. flag: of --profile, NULL: none. ST_REMOTE. */
NODISCARD enum status profile_load(const char *flag, struct arena *a, struct profile *out, struct error *err);
/* A setting of a profile: the credentials file's, else the config file's; *ini (may be NULL) is where it stands. NULL: nowhere. */
const struct ini_entry *profile_get(const struct profile *p, struct arena *a, struct str name, const char *key,
                                    const struct ini **ini);
/* The value of the chosen profile, NULL when there is none or it is empty. */
const char *profile_value(const struct profile *p, struct arena *a, const char *key);
bool profile_exists(const struct profile *p, struct arena *a, struct str name);
/* A value of the [services NAME] section that the chosen profile names: "rds.endpoint_url". NULL: none. */
const char *profile_service_value(const struct profile *p, struct arena *a, const char *key);

#endif
