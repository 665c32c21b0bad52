/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import java.util.Locale;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.RejectionInversionZipfSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/** How often which entry is used. */
public enum KeyDistribution {
    /** Each entry as often as any other. */
    UNIFORM,
    /** Zipf's law with exponent 0.99; which entries are the popular ones has nothing to do with their order. */
    ZIPF;

    /** The exponent of {@link #ZIPF}. */
    public static final double ZIPF_EXPONENT = 0.99;

    private static final long STEP_BASE = 1_640_531_527L;

    /** A source of slots. */
    @FunctionalInterface
    public interface Slots {
        /**
         * Picks a slot.
         *
         * @return from 0 below the number of entries
         */
        int next();
    }

    /**
     * Reads a name from a command line.
     *
     * @param name uniform or zipf
     * @return the distribution
     */
    public static KeyDistribution parse(final String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /**
     * Names the distribution in files and on command lines.
     *
     * @return lower-case name
     */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Names the distribution for people.
     *
     * @return name, with its parameter
     */
    public String title() {
        return this == ZIPF ? "Zipf " + ZIPF_EXPONENT : "uniform";
    }

    /**
     * Makes a source of slots; equal arguments give equal sequences.
     *
     * @param entryCount entries
     * @param seed of the sequence
     * @return the source
     */
    public Slots slots(final int entryCount, final long seed) {
        final UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
        if (this == UNIFORM) {
            return () -> random.nextInt(entryCount);
        }
        final SharedStateDiscreteSampler ranks = RejectionInversionZipfSampler.of(random, entryCount, ZIPF_EXPONENT);
        final long step = stepFor(entryCount, STEP_BASE);
        return () -> (int) ((ranks.sample() - 1) * step % entryCount);
    }

    /**
     * Finds a step that has no divisor in common with the number of entries, so that repeating it visits each of them
     * once.
     *
     * @param entryCount entries
     * @param wanted the step is the first one from here, modulo the number of entries
     * @return the step
     */
    public static long stepFor(final int entryCount, final long wanted) {
        long step = wanted % entryCount;
        while (greatestCommonDivisor(step, entryCount) != 1) {
            step++;
        }
        return step;
    }

    private static long greatestCommonDivisor(final long a, final long b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
