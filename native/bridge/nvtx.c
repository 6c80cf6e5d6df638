// Ranges for profilers, in an NVTX domain of their own. A profiler that starts a process names its library in
// NVTX_INJECTION64_PATH, and the loader of NVTX 3 (headers only) attaches it; older ones come with libnvToolsExt.so.1.
#include <dlfcn.h>
#include <stdlib.h>

#include "io_zoetrope_cuda_BridgeNative.h"

#define NATIVE(result, name) JNIEXPORT result JNICALL Java_io_zoetrope_cuda_BridgeNative_##name

#if __has_include(<nvtx3/nvToolsExt.h>)

// As in driver.c; the header of NVTX calls them too.
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
__asm__(".symver dlclose,dlclose@GLIBC_2.2.5");

#include <nvtx3/nvToolsExt.h>

static struct {
    nvtxDomainHandle_t domain;
    int (*push)(nvtxDomainHandle_t, const nvtxEventAttributes_t*);
    int (*pop)(nvtxDomainHandle_t);
} nvtx;

static void attach_injection(void) {
    nvtx.domain = nvtxDomainCreateA("zoetrope");  // null when no tool listens
    nvtx.push = nvtxDomainRangePushEx;
    nvtx.pop = nvtxDomainRangePop;
}

static void attach_library(void) {
    void* library = dlopen("libnvToolsExt.so.1", RTLD_LAZY);
    if (!library) return;
    nvtxDomainHandle_t (*create)(const char*) =
        (nvtxDomainHandle_t(*)(const char*)) dlsym(library, "nvtxDomainCreateA");
    nvtx.push = (int (*)(nvtxDomainHandle_t, const nvtxEventAttributes_t*)) dlsym(library, "nvtxDomainRangePushEx");
    nvtx.pop = (int (*)(nvtxDomainHandle_t)) dlsym(library, "nvtxDomainRangePop");
    if (create && nvtx.push && nvtx.pop) nvtx.domain = create("zoetrope");
}

NATIVE(jboolean, nvtxStart)(JNIEnv* env, jclass class) {
    (void) env, (void) class;
    if (getenv("NVTX_INJECTION64_PATH")) attach_injection();
    else attach_library();
    return nvtx.domain != NULL;
}

NATIVE(void, nvtxPush)(JNIEnv* env, jclass class, jstring name) {
    (void) class;
    const char* text = (*env)->GetStringUTFChars(env, name, NULL);
    if (!text) return;
    nvtxEventAttributes_t range = {
        .version = NVTX_VERSION,
        .size = NVTX_EVENT_ATTRIB_STRUCT_SIZE,
        .messageType = NVTX_MESSAGE_TYPE_ASCII,
        .message.ascii = text,
    };
    nvtx.push(nvtx.domain, &range);
    (*env)->ReleaseStringUTFChars(env, name, text);
}

NATIVE(void, nvtxPop)(JNIEnv* env, jclass class) {
    (void) env, (void) class;
    nvtx.pop(nvtx.domain);
}

#else  // a toolkit without NVTX: nothing ever listens

NATIVE(jboolean, nvtxStart)(JNIEnv* env, jclass class) {
    (void) env, (void) class;
    return JNI_FALSE;
}

NATIVE(void, nvtxPush)(JNIEnv* env, jclass class, jstring name) { (void) env, (void) class, (void) name; }

NATIVE(void, nvtxPop)(JNIEnv* env, jclass class) { (void) env, (void) class; }

#endif
