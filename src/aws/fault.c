#include "aws/fault.h"

static const struct {
    const char *code;
    enum fault fault;
} codes[] = {
    {"Throttling", FAULT_THROTTLED},
    {"ThrottlingException", FAULT_THROTTLED},
    {"ThrottledException", FAULT_THROTTLED},
    {"RequestThrottled", FAULT_THROTTLED},
    {"RequestThrottledException", FAULT_THROTTLED},
    {"TooManyRequestsException", FAULT_THROTTLED},
    {"RequestLimitExceeded", FAULT_THROTTLED},
    {"BandwidthLimitExceeded", FAULT_THROTTLED},
    {"LimitExceededException", FAULT_THROTTLED},
    {"SlowDown", FAULT_THROTTLED},
    {"PriorRequestNotComplete", FAULT_THROTTLED},
    {"TransactionInProgressException", FAULT_THROTTLED},
    {"ProvisionedThroughputExceededException", FAULT_THROTTLED},
    {"EC2ThrottledException", FAULT_THROTTLED},
    {"RequestTimeout", FAULT_TRANSIENT},
    {"RequestTimeoutException", FAULT_TRANSIENT},
    {"InternalFailure", FAULT_TRANSIENT},
    {"InternalServiceError", FAULT_TRANSIENT},
    {"ServiceUnavailable", FAULT_TRANSIENT},
    {"IDPCommunicationError", FAULT_TRANSIENT},
    {"RequestExpired", FAULT_CLOCK},
    {"RequestTimeTooSkewed", FAULT_CLOCK},
    {"RequestInTheFuture", FAULT_CLOCK},
    {"ExpiredToken", FAULT_EXPIRED},
    {"ExpiredTokenException", FAULT_EXPIRED},
    {"InvalidClientTokenId", FAULT_KEYS},
    {"UnrecognizedClientException", FAULT_KEYS},
    {"SignatureDoesNotMatch", FAULT_KEYS},
    {"InvalidSignatureException", FAULT_KEYS},
    {"IncompleteSignature", FAULT_KEYS},
    {"MissingAuthenticationToken", FAULT_KEYS},
    {"InvalidAccessKeyId", FAULT_KEYS},
    {"OptInRequired", FAULT_KEYS},
    {"InvalidIdentityToken", FAULT_KEYS},
    {"AccessDenied", FAULT_PERMISSION},
    {"AccessDeniedException", FAULT_PERMISSION},
    {"UnauthorizedOperation", FAULT_PERMISSION},
    {"NotAuthorized", FAULT_PERMISSION},
    {"InvalidDBClusterStateFault", FAULT_BUSY},
    {"InvalidDBInstanceState", FAULT_BUSY},
    {"InvalidDBInstanceStateFault", FAULT_BUSY},
    {"SnapshotQuotaExceeded", FAULT_QUOTA},
    {"DBClusterQuotaExceededFault", FAULT_QUOTA},
    {"InstanceQuotaExceeded", FAULT_QUOTA},
    {"StorageQuotaExceeded", FAULT_QUOTA},
    {"InsufficientDBClusterCapacityFault", FAULT_QUOTA},
    {"InsufficientDBInstanceCapacity", FAULT_QUOTA},
    {"InsufficientStorageClusterCapacity", FAULT_QUOTA},
    {"InvalidParameterValue", FAULT_PARAMETER},
    {"InvalidParameterCombination", FAULT_PARAMETER},
    {"InvalidParameterException", FAULT_PARAMETER},
    {"MissingParameter", FAULT_PARAMETER},
    {"ValidationError", FAULT_PARAMETER},
    {"ValidationException", FAULT_PARAMETER},
    {"ResourceNotFoundException", FAULT_NOT_FOUND},
    {"NoSuchBucket", FAULT_NOT_FOUND},
};

static bool ends_with_any(struct str code, const char *const *ends)
{
    for (; *ends; ends++) {
        if (str_ends(code, str_of(*ends))) {
            return true;
        }
    }
    return false;
}

enum fault fault_of(struct str code, struct str message, long http_status)
{
    static const char *const exists[] = {"AlreadyExists", "AlreadyExistsFault", NULL};
    static const char *const not_found[] = {"NotFound", "NotFoundFault", NULL};
    for (size_t i = 0; i < countof(codes); i++) {
        if (str_eq(code, str_of(codes[i].code))) {
            /* A signature is also refused for its date; only the text tells. */
            const bool dated =
                str_find(message, STR("expired")) != SIZE_MAX || str_find(message, STR("not yet current")) != SIZE_MAX;
            const bool signature = str_find(code, STR("Signature")) != SIZE_MAX;
            return codes[i].fault == FAULT_KEYS && signature && dated ? FAULT_CLOCK : codes[i].fault;
        }
    }
    if (ends_with_any(code, exists)) {
        return FAULT_EXISTS;
    }
    if (ends_with_any(code, not_found)) {
        return FAULT_NOT_FOUND;
    }
    return http_status == 429                                                                     ? FAULT_THROTTLED
           : http_status == 500 || http_status == 502 || http_status == 503 || http_status == 504 ? FAULT_TRANSIENT
                                                                                                  : FAULT_OTHER;
}

bool fault_again(enum fault f)
{
    return f == FAULT_THROTTLED || f == FAULT_TRANSIENT;
}
