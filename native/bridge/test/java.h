// As much of a JVM as the bridge's native methods ask for: a direct buffer is its memory, an array is an Array<T>, a string its
// characters, a handle object its number.
#pragma once
#include <cstring>
#include <vector>

#include "io_zoetrope_cuda_BridgeNative.h"

#define NATIVE(name) Java_io_zoetrope_cuda_BridgeNative_##name

namespace java {

struct Bytes {
    jsize length;
    size_t elementBytes;
    void* data;
};

template <class T> struct Array : Bytes {
    std::vector<T> values;
    Array(std::initializer_list<T> list) : values(list) {
        length = jsize(values.size()), elementBytes = sizeof(T), data = values.data();
    }
};

inline jlongArray of(Array<jlong>& a) { return reinterpret_cast<jlongArray>(static_cast<Bytes*>(&a)); }
inline jintArray of(Array<jint>& a) { return reinterpret_cast<jintArray>(static_cast<Bytes*>(&a)); }
inline Bytes& bytes(jarray a) { return *reinterpret_cast<Bytes*>(a); }
template <class T> T* region(jarray a, jsize start) { return static_cast<T*>(bytes(a).data) + start; }

// Elements handed out and not given back; no call may leave any.
inline int& borrowed() {
    static int count = 0;
    return count;
}

inline JNIEnv* environment() {
    static JNINativeInterface_ f{};
    f.GetDirectBufferAddress = [](JNIEnv*, jobject buffer) { return reinterpret_cast<void*>(buffer); };
    // The memory itself stands for its buffer; its first eight bytes keep how many it was said to have.
    f.NewDirectByteBuffer = [](JNIEnv*, void* address, jlong bytes) {
        static_cast<jlong*>(address)[0] = bytes;
        return reinterpret_cast<jobject>(address);
    };
    f.GetArrayLength = [](JNIEnv*, jarray a) { return bytes(a).length; };
    f.GetLongArrayRegion = [](JNIEnv*, jlongArray a, jsize at, jsize n, jlong* out) {
        std::memcpy(out, region<jlong>(a, at), n * sizeof *out);
    };
    f.GetIntArrayRegion = [](JNIEnv*, jintArray a, jsize at, jsize n, jint* out) {
        std::memcpy(out, region<jint>(a, at), n * sizeof *out);
    };
    f.SetLongArrayRegion = [](JNIEnv*, jlongArray a, jsize at, jsize n, const jlong* in) {
        std::memcpy(region<jlong>(a, at), in, n * sizeof *in);
    };
    // A copy, as most JVMs hand out: what is not released is lost.
    f.GetLongArrayElements = [](JNIEnv*, jlongArray a, jboolean*) {
        borrowed()++;
        jlong* copy = new jlong[bytes(a).length];
        std::memcpy(copy, bytes(a).data, bytes(a).length * sizeof *copy);
        return copy;
    };
    f.ReleaseLongArrayElements = [](JNIEnv*, jlongArray a, jlong* elements, jint) {
        borrowed()--;
        std::memcpy(bytes(a).data, elements, bytes(a).length * sizeof *elements);
        delete[] elements;
    };
    f.NewStringUTF = [](JNIEnv*, const char* text) { return reinterpret_cast<jstring>(const_cast<char*>(text)); };
    f.GetStringUTFChars = [](JNIEnv*, jstring text, jboolean*) {
        borrowed()++;
        return reinterpret_cast<const char*>(text);
    };
    f.ReleaseStringUTFChars = [](JNIEnv*, jstring, const char*) { borrowed()--; };
    f.GetObjectClass = [](JNIEnv*, jobject) { return jclass(nullptr); };
    f.GetFieldID = [](JNIEnv*, jclass, const char* name, const char* type) {
        return std::strcmp(name, "nativePointer") || std::strcmp(type, "J") ? nullptr : reinterpret_cast<jfieldID>(8);
    };
    f.GetLongField = [](JNIEnv*, jobject object, jfieldID) { return *reinterpret_cast<jlong*>(object); };
    f.SetLongField = [](JNIEnv*, jobject object, jfieldID, jlong value) { *reinterpret_cast<jlong*>(object) = value; };
    static JNIEnv env{&f};
    return &env;
}

inline jobject buffer(void* memory) { return reinterpret_cast<jobject>(memory); }

}  // namespace java
