package io.zoetrope.cudnn;

import static io.zoetrope.cudnn.Cudnn.check;

import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.conv.ConvProvider.Convolution;
import io.zoetrope.tensor.DType;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/**
 * A convolution as cuDNN has it: NHWC pictures, KRSC filters. cuDNN names extents in the order N, C, H, W in any
 * layout.
 */
final class Descriptors implements AutoCloseable {
    final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
    final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
    final cudnnFilterDescriptor filters = new cudnnFilterDescriptor();
    final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();

    Descriptors(Convolution c) {
        int type = c.type() == DType.BF16 ? cudnnDataType.CUDNN_DATA_BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
        int layout = cudnnTensorFormat.CUDNN_TENSOR_NHWC;
        Conv2d.Spec spec = c.spec();
        check("cudnnCreateTensorDescriptor", () -> JCudnn.cudnnCreateTensorDescriptor(x));
        check("cudnnCreateTensorDescriptor", () -> JCudnn.cudnnCreateTensorDescriptor(y));
        check("cudnnCreateFilterDescriptor", () -> JCudnn.cudnnCreateFilterDescriptor(filters));
        check("cudnnCreateConvolutionDescriptor", () -> JCudnn.cudnnCreateConvolutionDescriptor(convolution));
        check("cudnnSetTensor4dDescriptor",
                () -> JCudnn.cudnnSetTensor4dDescriptor(x, layout, type, c.n(), c.c(), c.h(), c.w()));
        check("cudnnSetTensor4dDescriptor",
                () -> JCudnn.cudnnSetTensor4dDescriptor(y, layout, type, c.n(), c.k(), c.p(), c.q()));
        check("cudnnSetFilter4dDescriptor", () -> JCudnn.cudnnSetFilter4dDescriptor(filters, type, layout, c.k(),
                c.c() / spec.groups(), c.r(), c.s()));
        check("cudnnSetConvolution2dDescriptor",
                () -> JCudnn.cudnnSetConvolution2dDescriptor(convolution, spec.padTop(), spec.padLeft(), spec.stride(),
                        spec.stride(), spec.dilation(), spec.dilation(), cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
                        cudnnDataType.CUDNN_DATA_FLOAT));
        check("cudnnSetConvolutionGroupCount", () -> JCudnn.cudnnSetConvolutionGroupCount(convolution, spec.groups()));
    }

    @Override
    public void close() {
        JCudnn.cudnnDestroyTensorDescriptor(x);
        JCudnn.cudnnDestroyTensorDescriptor(y);
        JCudnn.cudnnDestroyFilterDescriptor(filters);
        JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    }
}
