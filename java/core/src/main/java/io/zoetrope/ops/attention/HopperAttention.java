package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.attention.Attention.Heads;
import io.zoetrope.ops.attention.HopperPlan.Pass;
import io.zoetrope.tensor.Tensor;

/** Launches of Hopper's kernels; false, with nothing queued, where a problem is not for them. */
final class HopperAttention {
    private HopperAttention() {
    }

    static boolean forward(Heads q, Heads k, Heads v, Heads o, Tensor normalizer, float scale, boolean causal) {
        HopperPlan plan = HopperPlan.orNull(Pass.FORWARD, q, null, k, v, causal);
        if (plan == null) {
            return false;
        }
        Tiers.used("attention_forward", plan.kernel().name());
        Arguments arguments = plan.kernel().arguments().tensorMap("q", plan.a().at(q.address()))
                .tensorMap("k", plan.x().at(k.address())).tensorMap("v", plan.y().at(v.address())).pointer("o", o)
                .pointer("normalizer", normalizer);
        shape(arguments, q, k, scale, causal, o.wide()).i64("o_stride", o.stride()).launch(plan.blocks(), 1, 1);
        return true;
    }

    static boolean backwardKeys(Heads dO, Heads q, Heads k, Heads v, Tensor normalizer, Tensor delta, Heads dk,
            Heads dv, float scale, boolean causal) {
        HopperPlan plan = HopperPlan.orNull(Pass.KEYS, k, v, q, dO, causal);
        if (plan == null) {
            return false;
        }
        Tiers.used("attention_backward", plan.kernel().name());
        Arguments arguments = plan.kernel().arguments().tensorMap("q", plan.x().at(q.address()))
                .tensorMap("k", plan.a().at(k.address())).tensorMap("v", plan.b().at(v.address()))
                .tensorMap("grad_o", plan.y().at(dO.address())).pointer("normalizer", normalizer)
                .pointer("delta", delta).pointer("grad_k", dk).pointer("grad_v", dv);
        shape(arguments, q, k, scale, causal, dk.wide() && dv.wide()).i64("grad_k_stride", dk.stride())
                .i64("grad_v_stride", dv.stride()).launch(plan.blocks(), 1, 1);
        return true;
    }

    static boolean backwardQueries(Heads dO, Heads q, Heads k, Heads v, Tensor normalizer, Tensor delta, Heads dq,
            float scale, boolean causal) {
        HopperPlan plan = HopperPlan.orNull(Pass.QUERIES, q, dO, k, v, causal);
        if (plan == null) {
            return false;
        }
        Tiers.used("attention_backward_queries", plan.kernel().name());
        Arguments arguments = plan.kernel().arguments().tensorMap("q", plan.a().at(q.address()))
                .tensorMap("k", plan.x().at(k.address())).tensorMap("v", plan.y().at(v.address()))
                .tensorMap("grad_o", plan.b().at(dO.address())).pointer("normalizer", normalizer)
                .pointer("delta", delta).pointer("grad_q", dq);
        shape(arguments, q, k, scale, causal, dq.wide()).i64("grad_q_stride", dq.stride()).launch(plan.blocks(), 1, 1);
        return true;
    }

    /** @param wide whether all outputs are, see {@link Heads#wide} */
    private static Arguments shape(Arguments arguments, Heads q, Heads k, float scale, boolean causal, boolean wide) {
        return arguments.structure("shape").i32("batch", q.batch()).i32("heads", q.heads()).i32("queries", q.sequence())
                .i32("keys", k.sequence()).i32("dim", q.dim()).f32("scale", scale).i32("causal", causal ? 1 : 0)
                .i32("wide", wide ? 1 : 0);
    }
}
