package io.zoetrope.cuda;

import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;

/**
 * What this package keeps for each thread that calls it.
 *
 * <p>The driver keeps the current context for each thread of the operating system. What a Java thread made current is
 * no guide to it: other code may have changed it, and a virtual thread goes on with another carrier after any wait. So
 * the driver is asked before every call, in one call of the bridge where there is one; it is told only when the answer
 * differs.
 */
final class CallingThread {
    private static final ThreadLocal<CallingThread> STATE = ThreadLocal.withInitial(CallingThread::new);

    private final CUcontext found = new CUcontext();
    private StreamUse innermost;
    private Arguments freeArguments;

    private CallingThread() {
    }

    static CallingThread state() {
        return STATE.get();
    }

    // Several launches may be in preparation at once, one inside another; what one of them leaves behind serves the
    // next.

    Arguments takeArguments() {
        Arguments taken = freeArguments;
        if (taken == null) {
            return new Arguments();
        }
        freeArguments = taken.next;
        return taken;
    }

    void giveBack(Arguments arguments) {
        arguments.next = freeArguments;
        freeArguments = arguments;
    }

    /** The stream that this thread chose last for a device, or else {@code usual}. */
    Stream stream(Device device, Stream usual) {
        for (StreamUse use = innermost; use != null; use = use.outer()) {
            if (use.stream().device() == device) {
                return use.stream();
            }
        }
        return usual;
    }

    StreamUse use(Stream stream) {
        innermost = new StreamUse(this, innermost, stream);
        return innermost;
    }

    void leave(StreamUse use) {
        if (this != state() || use != innermost) {
            throw new IllegalStateException("the use of " + use.stream() + " ends "
                    + (this == state() ? "before one that began later" : "in another thread than it began in"));
        }
        innermost = use.outer();
    }

    /**
     * Makes a context current. Nothing may wait between this and the driver call that needs it.
     *
     * @param address the context's {@link Bridge#handle}
     */
    static void enter(CUcontext context, long address) {
        int result = Bridge.canEnter() ? Bridge.enter(address) : state().enterByJCuda(context);
        Driver.check("making the device's context current", result);
    }

    private int enterByJCuda(CUcontext context) {
        try {
            int result = JCudaDriver.cuCtxGetCurrent(found);
            return result == 0 && !found.equals(context) ? JCudaDriver.cuCtxSetCurrent(context) : result;
        } catch (CudaException e) {
            return Driver.code(e);
        }
    }
}
