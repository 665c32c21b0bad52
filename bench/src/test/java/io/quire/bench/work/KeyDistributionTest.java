/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyDistributionTest {
    private static final int ENTRY_COUNT = 1_000;
    private static final int DRAW_COUNT = 200_000;

    private static int[] draw(final KeyDistribution distribution) {
        final KeyDistribution.Slots slots = distribution.slots(ENTRY_COUNT, 7);
        final int[] counts = new int[ENTRY_COUNT];
        for (int i = 0; i < DRAW_COUNT; i++) {
            counts[slots.next()]++;
        }
        return counts;
    }

    @ParameterizedTest
    @EnumSource
    void shouldRepeatASequenceOfTheSameSeed(final KeyDistribution distribution) {
        final KeyDistribution.Slots one = distribution.slots(ENTRY_COUNT, 42);
        final KeyDistribution.Slots other = distribution.slots(ENTRY_COUNT, 42);
        for (int i = 0; i < 1_000; i++) {
            assertThat(one.next()).isEqualTo(other.next());
        }
    }

    @Test
    void shouldUseEveryEntryAlikeWhenUniform() {
        final int[] counts = draw(KeyDistribution.UNIFORM);

        assertThat(Arrays.stream(counts).min().orElseThrow()).isGreaterThan(100);
        assertThat(Arrays.stream(counts).max().orElseThrow()).isLessThan(320);
    }

    @Test
    void shouldFollowZipfsLaw() {
        final int[] counts = draw(KeyDistribution.ZIPF);
        Arrays.sort(counts);
        double harmonic = 0;
        for (int rank = 1; rank <= ENTRY_COUNT; rank++) {
            harmonic += Math.pow(rank, -KeyDistribution.ZIPF_EXPONENT);
        }

        // The most popular entry has its share, and the tenth a tenth of that.
        final double share = DRAW_COUNT / harmonic;
        assertThat((double) counts[ENTRY_COUNT - 1]).isBetween(0.95 * share, 1.05 * share);
        assertThat((double) counts[ENTRY_COUNT - 10]).isBetween(0.85 * share / 10, 1.2 * share / 10);
    }

    @Test
    void shouldScatterThePopularEntries() {
        final int[] counts = draw(KeyDistribution.ZIPF);
        int popularNeighbours = 0;
        for (int i = 1; i < ENTRY_COUNT; i++) {
            popularNeighbours += counts[i] > 2_000 && counts[i - 1] > 2_000 ? 1 : 0;
        }

        assertThat(popularNeighbours).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1_000, 1_048_576, 20_000_000})
    void shouldStepThroughEveryEntryOnce(final int entryCount) {
        final long step = KeyDistribution.stepFor(entryCount, 1_640_531_527L);
        long a = step;
        long b = entryCount;
        while (b != 0) {
            final long rest = a % b;
            a = b;
            b = rest;
        }

        assertThat(a).isEqualTo(1);
    }
}
