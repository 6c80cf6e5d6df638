// A profiler: what NVTX tells it is kept as text, and added to the file that PROFILER_LOG names. Built as
// libnvToolsExt.so.1, it can also be attached by NVTX 3.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NVTX_NO_IMPL  // the functions are declared only
#include <nvtx3/nvToolsExt.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT char profiler_log[256];

static void add(const char* what, const char* name) {
    size_t length = strlen(profiler_log);
    snprintf(profiler_log + length, sizeof profiler_log - length, "%s%s;", what, name);
    const char* path = getenv("PROFILER_LOG");
    FILE* file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%s%s\n", what, name);
    fclose(file);
}

EXPORT nvtxDomainHandle_t nvtxDomainCreateA(const char* name) {
    add("domain ", name);
    return (nvtxDomainHandle_t) profiler_log;
}

EXPORT int nvtxDomainRangePushEx(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* range) {
    int known = domain == (nvtxDomainHandle_t) profiler_log && range->version == NVTX_VERSION
                && range->size == sizeof *range && range->messageType == NVTX_MESSAGE_TYPE_ASCII;
    add("push ", known ? range->message.ascii : "?");
    return 0;
}

EXPORT int nvtxDomainRangePop(nvtxDomainHandle_t domain) {
    add("pop", domain == (nvtxDomainHandle_t) profiler_log ? "" : "?");
    return 0;
}

EXPORT int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t export_table) {
    const NvtxExportTableCallbacks* callbacks = export_table(NVTX_ETID_CALLBACKS);
    NvtxFunctionTable functions = NULL;
    unsigned int count = 0;
    if (!callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &functions, &count)) return 0;
    *functions[NVTX_CBID_CORE2_DomainCreateA] = (NvtxFunctionPointer) nvtxDomainCreateA;
    *functions[NVTX_CBID_CORE2_DomainRangePushEx] = (NvtxFunctionPointer) nvtxDomainRangePushEx;
    *functions[NVTX_CBID_CORE2_DomainRangePop] = (NvtxFunctionPointer) nvtxDomainRangePop;
    add("attached", "");
    return 1;
}
