package io.zoetrope.cuda;

/**
 * Another library that runs operations on a device, such as cuBLAS. It is asked for by name when a device is opened,
 * see {@link Providers}; an operation that it takes names what it expects in an interface of its own, which extends
 * this one.
 *
 * <p>Any thread may use a provider, on the stream that the thread uses, also while a graph is recorded there.
 */
public interface Provider extends AutoCloseable {
    /** As it is asked for: {@code cublas}. */
    String name();

    /** Called once, when the device closes and its queued work has run. */
    @Override
    void close();
}
