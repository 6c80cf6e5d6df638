/**
 * A GPU compute library that trains and runs the models that make pictures, sounds and video.
 *
 * <p>It is compiled after the tests, so that they run on the class path. JCuda and the jars of kernels and natives are
 * automatic modules: that one of them is required brings all of them in.
 */
module io.zoetrope {
    requires java.desktop;
    requires java.xml;
    requires jdk.management;
    requires com.google.gson;
    requires ejml.ddense;
    requires org.knowm.xchart;
    requires org.slf4j;
    requires transitive jcuda;
    requires static transitive org.apiguardian.api;

    exports io.zoetrope.autograd;
    exports io.zoetrope.cuda;
    exports io.zoetrope.data;
    exports io.zoetrope.data.scenes;
    exports io.zoetrope.diffusion;
    exports io.zoetrope.figures;
    exports io.zoetrope.io;
    exports io.zoetrope.metric;
    exports io.zoetrope.model;
    exports io.zoetrope.model.adversarial;
    exports io.zoetrope.model.cnn;
    exports io.zoetrope.model.ddpm;
    exports io.zoetrope.model.gan;
    exports io.zoetrope.model.patches;
    exports io.zoetrope.model.text;
    exports io.zoetrope.model.tokens;
    exports io.zoetrope.model.tagger;
    exports io.zoetrope.model.unet;
    exports io.zoetrope.model.wavegan;
    exports io.zoetrope.model.words;
    exports io.zoetrope.nn;
    exports io.zoetrope.ops;
    exports io.zoetrope.ops.array;
    exports io.zoetrope.ops.attention;
    exports io.zoetrope.ops.batchnorm;
    exports io.zoetrope.ops.conv;
    exports io.zoetrope.ops.covariance;
    exports io.zoetrope.ops.diffusion;
    exports io.zoetrope.ops.embed;
    exports io.zoetrope.ops.gemm;
    exports io.zoetrope.ops.groupnorm;
    exports io.zoetrope.ops.layernorm;
    exports io.zoetrope.ops.loss;
    exports io.zoetrope.ops.modulate;
    exports io.zoetrope.ops.optim;
    exports io.zoetrope.ops.pairwise;
    exports io.zoetrope.ops.phaseshuffle;
    exports io.zoetrope.ops.pointwise;
    exports io.zoetrope.ops.pool;
    exports io.zoetrope.ops.random;
    exports io.zoetrope.ops.reduce;
    exports io.zoetrope.ops.rmsnorm;
    exports io.zoetrope.ops.rows;
    exports io.zoetrope.ops.tokens;
    exports io.zoetrope.option;
    exports io.zoetrope.provenance;
    exports io.zoetrope.service;
    exports io.zoetrope.tensor;
    exports io.zoetrope.train;

    uses io.zoetrope.autograd.GradientSum;
    uses io.zoetrope.cuda.ProviderFactory;
    uses io.zoetrope.model.ModelFamily;

    provides io.zoetrope.autograd.GradientSum with io.zoetrope.ops.pointwise.PointwiseSum;
    provides io.zoetrope.model.ModelFamily with
            io.zoetrope.model.ddpm.DdpmFamily,
            io.zoetrope.model.patches.PatchesFamily,
            io.zoetrope.model.cnn.CnnFamily,
            io.zoetrope.model.gan.GanFamily,
            io.zoetrope.model.wavegan.WaveGanFamily,
            io.zoetrope.model.words.WordsFamily,
            io.zoetrope.model.tagger.TaggerFamily;
}
