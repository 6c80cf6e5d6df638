package io.zoetrope.mutation;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The kinds of mistakes that are planted: each turns one instruction into a wrong one of the same registers. */
enum Mistake {
    /** A loop's bound or an index is one too many. */
    OFF_BY_ONE {
        @Override
        Optional<String> plant(Instruction in) {
            boolean compares = in.is("setp") && INTEGERS.contains(in.type());
            boolean adds = in.is("add") && INTEGERS.contains(in.type());
            return compares || adds ? in.immediate(2).map(value -> in.operand(2, value + 1).toString())
                    : Optional.empty();
        }
    },
    /** A comparison of integers includes its bound, or leaves it out. */
    BOUND_INCLUDED {
        @Override
        Optional<String> plant(Instruction in) {
            String[] parts = in.opcode().split("\\.");
            return in.is("setp") && parts.length == 3 && OTHER_BOUND.containsKey(parts[1])
                    && INTEGERS.contains(parts[2])
                            ? Optional.of(in.opcode("setp." + OTHER_BOUND.get(parts[1]) + "." + parts[2]).toString())
                            : Optional.empty();
        }
    },
    /** Two parameters of one type are exchanged: {@link PtxModule} finds the pairs. */
    SWAPPED_PARAMETERS {
        @Override
        Optional<String> plant(Instruction in) {
            return Optional.empty();
        }
    },
    /** A product or summand of a sum is missing, or a value that is read counts as 0. */
    LOST_TERM {
        @Override
        Optional<String> plant(Instruction in) {
            return switch (in.opcode()) {
                case "fma.rn.f32" -> Optional.of(move(in, "f32", in.operand(3)));
                case "add.f32", "add.rn.f32" -> Optional.of(move(in, "f32", in.operand(1)));
                case "ld.global.f32", "ld.global.nc.f32" -> Optional.of(move(in, "f32", "0f00000000"));
                default ->
                    in.is("mma.sync") && in.type().equals("f32") ? Optional.of(accumulators(in)) : Optional.empty();
            };
        }
    },
    /** A factor of an address or an extent is another one. */
    WRONG_STRIDE {
        @Override
        Optional<String> plant(Instruction in) {
            if (in.is("shl")) {
                return in.immediate(2).map(bits -> in.operand(2, bits + 1).toString());
            }
            if (in.is("mad.lo")) {
                return Optional.of(in.operand(2, in.operand(3)).operand(3, in.operand(2)).toString())
                        .filter(wrong -> !in.operand(2).equals(in.operand(3)));
            }
            if (in.is("mul.lo") || in.is("mul.wide")) {
                Optional<Long> factor = in.immediate(2);
                return factor.isPresent() ? Optional.of(in.operand(2, 2 * factor.get()).toString())
                        : Optional.of(in.operand(2, in.operand(1)).toString())
                                .filter(wrong -> !in.operand(1).equals(in.operand(2)));
            }
            return Optional.empty();
        }
    },
    /** What is subtracted is added, or the other way round. */
    WRONG_SIGN {
        @Override
        Optional<String> plant(Instruction in) {
            return switch (in.opcode()) {
                case "sub.f32", "sub.s32", "sub.s64", "sub.f64" ->
                    Optional.of(in.opcode("add." + in.type()).toString());
                case "add.f32" -> Optional.of(in.opcode("sub.f32").toString());
                case "add.s32" ->
                    in.operand(2).startsWith("%") ? Optional.of(in.opcode("sub.s32").toString()) : Optional.empty();
                case "neg.f32" -> Optional.of(move(in, "f32", in.operand(1)));
                case "neg.s32" -> Optional.of(move(in, "s32", in.operand(1)));
                default -> Optional.empty();
            };
        }
    },
    /** One of {@link KnownMistakes}. */
    KNOWN {
        @Override
        Optional<String> plant(Instruction in) {
            return Optional.empty();
        }
    },
    /** A barrier, fence, wait, arrival or expected count is missing. */
    LOST_SYNCHRONISATION {
        @Override
        Optional<String> plant(Instruction in) {
            boolean synchronises = in.is("bar") || in.is("barrier") || in.is("fence") || in.is("membar")
                    || in.is("cp.async.wait_group") || in.is("cp.async.wait_all") || in.is("cp.async.commit_group")
                    || in.is("mbarrier") || in.is("cp.async.bulk.wait_group") || in.is("wgmma.fence")
                    || in.is("wgmma.wait_group") || in.is("wgmma.commit_group");
            return synchronises && in.operands().stream().noneMatch(operand -> operand.startsWith("%"))
                    ? Optional.of("") : Optional.empty();
        }
    };

    private static final Set<String> INTEGERS = Set.of("s32", "u32", "s64", "u64");
    private static final Map<String, String> OTHER_BOUND = Map.of("lt", "le", "le", "lt", "gt", "ge", "ge", "gt");

    /** The wrong text for this instruction; empty when it cannot be made wrong in this way. */
    abstract Optional<String> plant(Instruction in);

    private static String move(Instruction in, String type, String source) {
        return new Instruction(in.guard(), "mov." + type, java.util.List.of(in.operand(0), source)).toString();
    }

    /** A product of matrices adds nothing: its result is its accumulator, which mostly is the same registers. */
    private static String accumulators(Instruction in) {
        String[] to = registers(in.operand(0));
        String[] from = registers(in.operand(3));
        StringBuilder moves = new StringBuilder();
        for (int i = 0; i < to.length; i++) {
            moves.append("mov.f32 ").append(to[i]).append(", ").append(from[i]).append("; ");
        }
        return moves.toString().strip();
    }

    private static String[] registers(String vector) {
        return vector.replaceAll("[{}\\s]", "").split(",");
    }
}
