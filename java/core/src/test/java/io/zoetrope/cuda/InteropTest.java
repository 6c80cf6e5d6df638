package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/** Memory, streams and contexts shared with code that calls JCuda itself. */
class InteropTest {
    private final Device device = Devices.shared();

    /** Runs with four floats that were allocated by JCuda and hold 1, 2, 3, 4. */
    private void withForeign(java.util.function.Consumer<CUdeviceptr> body) {
        device.enter();
        CUdeviceptr pointer = new CUdeviceptr();
        assertThat(JCudaDriver.cuMemAlloc(pointer, 16)).isZero();
        try {
            assertThat(JCudaDriver.cuMemcpyHtoD(pointer, Pointer.to(new float[] {1, 2, 3, 4}), 16)).isZero();
            body.accept(pointer);
        } finally {
            device.enter();
            assertThat(JCudaDriver.cuMemFree(pointer)).as("it is still its owner's").isZero();
        }
    }

    @Test
    void aForeignPointerIsATensorUntilItsMemoryIsClosed() {
        withForeign(pointer -> {
            Tensor x;
            try (DeviceMemory memory = DeviceMemory.wrap(device, pointer, 16, null)) {
                x = Tensor.wrap(memory, DType.F32, 2, 2);
                Pointwise.add(x, x, x);
                assertThat(x.slice(1, 2).toFloats()).containsExactly(6, 8);
                float[] seen = new float[4];
                device.synchronize();
                assertThat(JCudaDriver.cuMemcpyDtoH(Pointer.to(seen), pointer, 16)).isZero();
                assertThat(seen).containsExactly(2, 4, 6, 8);
                assertThat(Addresses.of(x.pointer())).isEqualTo(x.address());
            }
            assertThatThrownBy(x::toFloats).isInstanceOf(IllegalStateException.class);
            long address = Addresses.of(pointer);
            assertThatThrownBy(() -> Transfer.toHost(device, address, new float[4], 4, 4))
                    .hasMessageContaining("no memory there");
        });
    }

    @Test
    void whatIsWrappedIsChecked() {
        withForeign(pointer -> {
            assertThatThrownBy(() -> DeviceMemory.wrap(device, pointer, 17, null))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("17 bytes")
                    .hasMessageContaining("16 are left");
            assertThatThrownBy(() -> DeviceMemory.wrap(device, pointer, 0, null)).hasMessageContaining("0 bytes");
            assertThatThrownBy(() -> DeviceMemory.wrap(device, Addresses.pointer(64), 4, null))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("knows of no memory there");
            try (DeviceMemory memory = DeviceMemory.wrap(device, pointer, 16, null)) {
                assertThatThrownBy(() -> DeviceMemory.wrap(device, pointer.withByteOffset(8), 4, null))
                        .hasMessageContaining("in use here already");
                assertThatThrownBy(() -> Tensor.wrap(memory, DType.F32, 5)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("F32[5]");
                assertThatThrownBy(() -> Tensor.wrap(memory, DType.I64, Long.MAX_VALUE))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            try (DeviceMemory odd = DeviceMemory.wrap(device, pointer.withByteOffset(2), 8, null)) {
                assertThatThrownBy(() -> Tensor.wrap(odd, DType.F32, 1)).hasMessageContaining("multiple of 4");
            }
        });
    }

    @Test
    void theOwnerLivesAsLongAsTheWrapping() throws Exception {
        withForeign(pointer -> {
            Object owner = new Object();
            WeakReference<Object> watched = new WeakReference<>(owner);
            DeviceMemory memory = DeviceMemory.wrap(device, pointer, 16, owner);
            owner = null;
            System.gc();
            assertThat(watched.get()).isNotNull();
            memory.close();
            for (int i = 0; i < 100 && watched.get() != null; i++) {
                System.gc();
            }
            assertThat(watched.get()).isNull();
        });
    }

    @Test
    void othersQueueWorkOnOurStream() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2}, 2);
            CUcontext current = new CUcontext();
            assertThat(JCudaDriver.cuCtxSetCurrent(device.context())).isZero();
            assertThat(JCudaDriver.cuCtxGetCurrent(current)).isZero();
            assertThat(current).isEqualTo(device.context());
            assertThat(JCudaDriver.cuMemsetD8Async(x.pointer(), (byte) 0, 4, device.stream().handle())).isZero();
            device.stream().queued();
            assertThat(x.toFloats()).containsExactly(0, 2);
        }
    }

    @Test
    void buffersDirectAndOnTheHeapAreCopiedFromPositionToLimit() {
        for (IntFunction<ByteBuffer> kind : java.util.List.<IntFunction<ByteBuffer>>of(ByteBuffer::allocate,
                ByteBuffer::allocateDirect, bytes -> ByteBuffer.allocate(bytes + 5).slice(5, bytes))) {
            try (Scope scope = Scope.open(device)) {
                ByteBuffer in = kind.apply(24).order(ByteOrder.nativeOrder());
                in.putFloat(4, 1.5f).putFloat(8, -2).position(4).limit(12);
                Tensor x = scope.empty(DType.F32, 2).copyFrom(in);
                assertThat(x.toFloats()).containsExactly(1.5f, -2);
                assertThat(scope.empty(DType.F32, 2).copyFrom(in.asReadOnlyBuffer()).toFloats()).containsExactly(1.5f,
                        -2);
                assertThat(in.position()).isEqualTo(4);

                ByteBuffer out = kind.apply(16).order(ByteOrder.nativeOrder());
                out.position(8);
                x.copyTo(out);
                assertThat(out.getLong(0)).isZero();
                assertThat(out.getFloat(8)).isEqualTo(1.5f);
                assertThat(out.getFloat(12)).isEqualTo(-2);
                assertThatThrownBy(() -> x.copyTo(out.position(9))).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("7 bytes").hasMessageContaining("expected 8");
                assertThatThrownBy(() -> x.copyFrom(kind.apply(9))).hasMessageContaining("9 bytes");
                assertThatThrownBy(() -> x.copyTo(kind.apply(8).asReadOnlyBuffer())).hasMessageContaining("read-only");
            }
        }
    }

    @Test
    void pinnedMemoryIsCopiedInTheOrderOfTheStream() {
        try (HostMemory host = HostMemory.allocate(device, 16); Scope scope = Scope.open(device)) {
            ByteBuffer view = host.buffer();
            view.putFloat(0, 1).putFloat(4, 2);
            Tensor x = scope.empty(DType.F32, 2).copyFromLater(host, 0);
            Pointwise.add(x, x, x);
            x.copyToLater(host, 8);
            device.synchronize();
            assertThat(view.getFloat(8)).isEqualTo(2);
            assertThat(view.getFloat(12)).isEqualTo(4);
            assertThatThrownBy(() -> x.copyToLater(host, 9)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("8 bytes at byte 9").hasMessageContaining("16 bytes");
            assertThatThrownBy(() -> x.copyFromLater(host, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> x.copyFromLater(host, Long.MAX_VALUE))
                    .isInstanceOf(IllegalArgumentException.class);
            host.close();
            assertThatThrownBy(() -> x.copyFromLater(host, 0)).isInstanceOf(IllegalStateException.class);
            assertThat(view.getFloat(12)).as("readable after close").isEqualTo(4);
        }
        assertThatThrownBy(() -> HostMemory.allocate(device, 0)).hasMessageContaining("0 bytes");
    }

    @Test
    void aRecordedCopyReadsThePinnedMemoryAtEachLaunch() {
        try (HostMemory host = HostMemory.allocate(device, 8); Scope scope = Scope.open(device)) {
            Tensor x = scope.zeros(DType.F32, 2);
            try (CapturedGraph graph = CapturedGraph.record(device, () -> x.copyFromLater(host, 0))) {
                host.buffer().putFloat(0, 3);
                graph.launch();
                assertThat(x.toFloats()).containsExactly(3, 0);
                host.buffer().putFloat(4, 5);
                graph.launch();
                assertThat(x.toFloats()).containsExactly(3, 5);
            }
        }
    }
}
