/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.store.errors.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergePolicyTest {
    private static final UUID STORE_ID = new UUID(1, 2);
    private static final long BASE_LENGTH = 1_000_000;

    @Test
    void shouldLeaveShortChainsAlone() {
        final MergePolicy policy = MergePolicy.defaults();
        assertThat(policy.choose(List.of())).isEmpty();
        assertThat(policy.choose(chain(100))).isEmpty();
        assertThat(policy.choose(chain(BASE_LENGTH, 1, 1, 1, 1, 1, 1, 1))).isEmpty();
    }

    @Test
    void shouldRewriteTheBaseOnlyWhenDeltasAddUp() {
        final MergePolicy policy = MergePolicy.defaults();
        assertThat(policy.choose(chain(1000, 499))).isEmpty();
        assertLengths(policy.choose(chain(1000, 400, 100)), 1000, 400, 100);
        assertLengths(policy.choose(chain(BASE_LENGTH, 9, 9, 9, 9, 9, 9, 9, 9)), 9, 9, 9, 9, 9, 9, 9, 9);
    }

    @Test
    void shouldMergeFromTheNewestAsLongAsLengthsAreSimilar() {
        final MergePolicy policy = MergePolicy.defaults();
        assertLengths(policy.choose(chain(BASE_LENGTH, 640, 320, 160, 80, 40, 20, 10, 5)), 10, 5);
        assertLengths(policy.choose(chain(BASE_LENGTH, 640, 320, 160, 80, 40, 12, 10, 5)), 12, 10, 5);
        assertLengths(policy.choose(chain(BASE_LENGTH, 2000, 320, 160, 1, 1, 1, 1, 500)), 320, 160, 1, 1, 1, 1, 500);
    }

    @Test
    void shouldRewriteTheBaseWhenMuchOfItIsNoLongerUsed() {
        final MergePolicy policy = MergePolicy.defaults();
        final List<CheckpointFileInfo> chain = List.of(file(1, 1, 1, 900, 100), file(2, 2, 2, 9, 1));
        assertThat(policy.chooseToShrink(chain, 51)).isEmpty();
        assertThat(policy.chooseToShrink(chain, 1000)).isEmpty();
        assertLengths(policy.chooseToShrink(chain, 50), 900, 9);
        assertThat(policy.chooseToShrink(chain.subList(0, 1), 1)).as("alone").isEmpty();
        final List<CheckpointFileInfo> shrunk = List.of(file(3, 1, 2, 450, 50), file(4, 3, 3, 9, 1));
        assertThat(policy.chooseToShrink(shrunk, 50)).as("not again").isEmpty();
    }

    @Test
    void shouldLeaveTheFirstFileAloneWhenOnlyDeltasAreToBeMerged() {
        final MergePolicy policy = new MergePolicy(2, 0.5);
        assertThat(policy.chooseDeltas(List.of())).isEmpty();
        assertThat(policy.chooseDeltas(chain(100))).isEmpty();
        assertThat(policy.chooseDeltas(chain(100, 900))).isEmpty();
        assertLengths(policy.chooseDeltas(chain(100, 900, 900)), 900, 900);
        assertLengths(policy.chooseDeltas(chain(100, 900, 90, 80)), 90, 80);
    }

    @Test
    void shouldTellFromWhenOnTheBaseMayBeWorthRewriting() {
        final MergePolicy policy = MergePolicy.defaults();
        final List<CheckpointFileInfo> chain = List.of(file(1, 1, 1, 900, 100), file(2, 2, 2, 9, 1));
        for (int used = 1; used < 300; used++) {
            final long more = policy.pagesToShrink(chain, used);
            assertThat(more).isPositive();
            if (more < used) {
                assertThat(policy.chooseToShrink(chain, used - more)).isPresent();
            }
            if (more > 1) {
                assertThat(policy.chooseToShrink(chain, used - more + 1)).isEmpty();
            }
        }
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        assertThatThrownBy(() -> new MergePolicy(1, 0.5)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new MergePolicy(65, 0.5)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new MergePolicy(8, 0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new MergePolicy(8, Double.NaN)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldReplaceTheRunInAChainThatHasGrown() {
        final List<CheckpointFileInfo> chain = chain(100, 3, 2, 1, 7);
        final MergeRun run = new MergeRun(chain.subList(1, 3));
        final CheckpointFileInfo merged = file(99, run.oldestCheckpointId(), run.newestCheckpointId(), 4);
        assertThat(run.replaceIn(chain, merged)).containsExactly(chain.get(0), merged, chain.get(3), chain.get(4));
        assertThatThrownBy(() -> run.replaceIn(chain.subList(2, 5), merged)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new MergeRun(chain.subList(1, 2))).isInstanceOf(ConfigurationException.class);
    }

    /** Pages changed twice are not counted off, so that these are upper bounds for real checkpoints. */
    @ParameterizedTest
    @CsvSource({"0.1, 3.2", "0.01, 4.9", "0.001, 7.2"})
    void shouldKeepChainsShortAtABoundedWriteAmplification(final double changed, final double limit) {
        final MergePolicy policy = MergePolicy.defaults();
        final long delta = (long) (BASE_LENGTH * changed);
        List<CheckpointFileInfo> chain = new ArrayList<>(chain(BASE_LENGTH));
        long user = 0;
        long written = 0;
        int longest = 0;
        long widest = 0;
        for (int id = 2; id < 4000; id++) {
            final long length = delta / 2 + Math.floorMod(id * 7919L, delta);
            user += length;
            written += length;
            chain.add(file(id, id, id, length));
            Optional<MergeRun> run = policy.choose(chain);
            while (run.isPresent()) {
                final boolean all = run.get().files().get(0) == chain.get(0);
                final long merged = all ? BASE_LENGTH : run.get().length();
                written += merged;
                widest = Math.max(widest, run.get().length() + merged);
                chain = run.get()
                        .replaceIn(
                                chain,
                                file(
                                        100_000 + id,
                                        run.get().oldestCheckpointId(),
                                        run.get().newestCheckpointId(),
                                        merged));
                run = policy.choose(chain);
            }
            longest = Math.max(longest, chain.size());
        }
        final double amplification = (double) written / user;
        System.out.printf(
                "changed=%.3f: write amplification %.2f, longest chain %d, most on disk %.2f of the base%n",
                changed, amplification, longest, (double) widest / BASE_LENGTH);
        assertThat(amplification).isLessThan(limit);
        assertThat(longest).isLessThanOrEqualTo(MergePolicy.CHAIN_LENGTH_MAX_DEFAULT);
        assertThat((double) widest / BASE_LENGTH).isLessThan(1 + 1 + MergePolicy.BASE_FRACTION_DEFAULT + 2 * changed);
    }

    private static void assertLengths(final Optional<MergeRun> run, final long... lengths) {
        assertThat(run).isPresent();
        assertThat(run.get().files().stream()
                        .mapToLong(CheckpointFileInfo::length)
                        .toArray())
                .isEqualTo(lengths);
    }

    private static List<CheckpointFileInfo> chain(final long... lengths) {
        final List<CheckpointFileInfo> files = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            files.add(file(i + 1, i + 1, i + 1, lengths[i]));
        }
        return files;
    }

    private static CheckpointFileInfo file(final long number, final long oldest, final long newest, final long length) {
        return file(number, oldest, newest, length, 0);
    }

    private static CheckpointFileInfo file(
            final long number, final long oldest, final long newest, final long length, final long pages) {
        return new CheckpointFileInfo(
                new CheckpointFileIdentity(STORE_ID, number, oldest, newest), length, 0, pages, 0, 0, 0);
    }
}
