package io.zoetrope.ops;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tier an operation runs in: chosen from the device and the type, or forced.
 *
 * <p>bf16 runs on tensor cores where there are any. f32 runs exactly, on FMA units, unless TF32 is allowed: the
 * factors of its products have 10 bits of mantissa.
 */
public final class Tiers {
    private static final Logger LOG = LoggerFactory.getLogger(Tiers.class);
    private static final ThreadLocal<Forced> FORCED = new ThreadLocal<>();
    private static final Map<String, String> LAST = new ConcurrentHashMap<>();
    private static final ThreadLocal<Tf32> TF32 = new ThreadLocal<>();
    private static volatile boolean tf32 = Boolean.getBoolean("zoetrope.tf32");

    private Tiers() {
    }

    /** A choice in force on this thread until it is closed. */
    public static final class Forced implements AutoCloseable {
        private final Tier tier;
        private final String tile;
        private final Forced outer;

        private Forced(Tier tier, String tile, Forced outer) {
            this.tier = tier;
            this.tile = tile;
            this.outer = outer;
        }

        @Override
        public void close() {
            FORCED.set(outer);
        }
    }

    /** A choice for F32 products in force on this thread until it is closed. */
    public static final class Tf32 implements AutoCloseable {
        private final boolean allowed;
        private final Tf32 outer;

        private Tf32(boolean allowed, Tf32 outer) {
            this.allowed = allowed;
            this.outer = outer;
        }

        @Override
        public void close() {
            TF32.set(outer);
        }
    }

    /** Whether F32 products of this thread run as TF32, whatever {@link #allowTf32} says, until the result is closed. */
    public static Tf32 withTf32(boolean allowed) {
        Tf32 choice = new Tf32(allowed, TF32.get());
        TF32.set(choice);
        return choice;
    }

    /** Operations of this thread run in this tier, if they have it, until the result is closed: to test and measure. */
    public static Forced force(Tier tier) {
        return force(tier, null);
    }

    /**
     * As {@link #force(Tier)}, with a tile shape such as {@code 128x64}.
     *
     * @param tile null: chosen by the shape of the operation
     */
    public static Forced force(Tier tier, String tile) {
        Forced forced = new Forced(tier, tile, FORCED.get());
        FORCED.set(forced);
        return forced;
    }

    /** Lets f32 products run on tensor cores as TF32. Off at first; {@code -Dzoetrope.tf32=true} turns it on. */
    public static void allowTf32(boolean allowed) {
        tf32 = allowed;
    }

    public static boolean tf32Allowed() {
        Tf32 choice = TF32.get();
        return choice == null ? tf32 : choice.allowed;
    }

    /**
     * The tier for products of {@code dtype} on a device.
     *
     * @throws IllegalStateException when the sm80 tier is forced on a device that has no tensor cores for it
     */
    public static Tier choose(Device device, DType dtype) {
        boolean able = device.capability().atLeast(8, 0);
        Forced forced = FORCED.get();
        if (forced != null) {
            if (forced.tier == Tier.SM80 && !able) {
                throw new IllegalStateException("the sm80 tier is forced, but " + device + " has compute capability "
                        + device.capability() + "; it needs 8.0");
            }
            return forced.tier;
        }
        return able && (dtype == DType.BF16 || tf32Allowed()) ? Tier.SM80 : Tier.SIMT;
    }

    /** Whether a tier, and with it our own kernels, is forced on this thread. */
    public static boolean isForced() {
        return FORCED.get() != null;
    }

    /** The forced tile shape, if any. */
    public static Optional<String> forcedTile() {
        Forced forced = FORCED.get();
        return forced == null ? Optional.empty() : Optional.ofNullable(forced.tile);
    }

    /** As {@link #forcedTile}, null when there is none: no object for it. */
    public static String forcedTileOrNull() {
        Forced forced = FORCED.get();
        return forced == null ? null : forced.tile;
    }

    /** The entry that ran last for an operation such as {@code conv2d_fprop}, its name telling tier, type and tile. */
    public static Optional<String> lastUsed(String operation) {
        return Optional.ofNullable(LAST.get(operation));
    }

    /** Notes that an operation runs by this entry; the first time is logged. */
    public static void used(String operation, String entry) {
        String before = LAST.put(operation, entry);
        if (before == null) {
            LOG.debug("{} runs by {}", operation, entry);
        }
    }
}
