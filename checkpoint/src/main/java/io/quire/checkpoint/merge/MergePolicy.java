/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.store.errors.ConfigurationException;
import java.util.List;
import java.util.Optional;

/**
 * Decides which files of a chain to merge.
 *
 * <ol> <li>When the deltas together reach a fraction of the base, everything is merged into a new base; so it is when
 * that fraction of the base's pages would be dropped, because the store no longer uses them. The base, by far the
 * longest file, is rewritten for no other reason. <li>Otherwise, when the chain is longer than it may be,
 * deltas are merged from the newest backwards: two, and on as long as the next older one is shorter than what is
 * already to be merged. So lengths about double from delta to delta, and a byte is rewritten as often as its delta
 * doubles. </ol>
 *
 * <p>Waiting until the chain is too long rewrites least: for checkpoints that change 1 % each, every byte is written
 * 4.6 times with the defaults, the base's share included (2.9 times at 10 %, 6.7 at 0.1 %, before pages changed twice
 * are counted off).
 *
 * <p>Space: with compressed state S and fraction f a chain takes up to (1 + f) S when a merge becomes due, while
 * everything is merged the new base and what checkpoints add meanwhile on top, and older manifests that are kept hold
 * on to their files. What bounds that is who holds checkpoints up, see docs/checkpoints.md.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param chainLengthMax files a chain may have, 2..64; a chain grows beyond while a merge is running
 * @param baseFraction length of all deltas, as a part of the base's, from which on the base is rewritten, greater
 *     than 0
 */
public record MergePolicy(int chainLengthMax, double baseFraction) {
    /** Files a chain may have unless set otherwise. */
    public static final int CHAIN_LENGTH_MAX_DEFAULT = 8;
    /** Part of the base from which on it is rewritten unless set otherwise. */
    public static final double BASE_FRACTION_DEFAULT = 0.5;

    /**
     * Creates a policy.
     *
     * @throws ConfigurationException when a setting is out of range
     */
    public MergePolicy {
        if (chainLengthMax < 2 || chainLengthMax > CheckpointMerger.RUN_LENGTH_MAX || !(baseFraction > 0)) {
            throw new ConfigurationException("merge policy out of range: chainLengthMax=" + chainLengthMax
                    + " expected 2.." + CheckpointMerger.RUN_LENGTH_MAX + ", baseFraction=" + baseFraction
                    + " expected greater than 0");
        }
    }

    /** {@return the policy used unless set otherwise} */
    public static MergePolicy defaults() {
        return new MergePolicy(CHAIN_LENGTH_MAX_DEFAULT, BASE_FRACTION_DEFAULT);
    }

    /**
     * Chooses files to merge.
     *
     * @param chain files of a checkpoint, oldest first
     * @return the run to merge next, or empty when the chain is fine as it is
     */
    public Optional<MergeRun> choose(final List<CheckpointFileInfo> chain) {
        final int count = chain.size();
        if (count < 2) {
            return Optional.empty();
        }
        if (deltasLength(chain) >= baseFraction * chain.get(0).length()) {
            return Optional.of(run(chain, 0));
        }
        return count > chainLengthMax ? Optional.of(run(chain, firstToMerge(chain))) : Optional.empty();
    }

    /**
     * Chooses files to merge while one of them is to be left alone, because it cannot be read, say. When the chain
     * behind it is longer than it may be, deltas are merged from the newest backwards, however long they are.
     *
     * @param chain files of a checkpoint, oldest first; the first of them is not part of what is chosen
     * @return the run to merge next, or empty
     */
    public Optional<MergeRun> chooseDeltas(final List<CheckpointFileInfo> chain) {
        return chain.size() > chainLengthMax && chain.size() > 2
                ? Optional.of(run(chain, firstToMerge(chain)))
                : Optional.empty();
    }

    /**
     * Chooses files to merge in order to drop pages that are no longer used. A merge of everything keeps none of those,
     * so this is not asked for twice for the same pages.
     *
     * @param chain files of a checkpoint, oldest first
     * @param usedPageCount pages that the checkpoint uses
     * @return the run to merge next, or empty when most of the base is in use or there is only the base
     */
    public Optional<MergeRun> chooseToShrink(final List<CheckpointFileInfo> chain, final long usedPageCount) {
        return chain.size() > 1 && unusedPagesMin(chain, usedPageCount) >= unusedPagesMax(chain)
                ? Optional.of(run(chain, 0))
                : Optional.empty();
    }

    /** {@return pages of the base that are certainly not used, negative or 0 when there may be none} */
    private static long unusedPagesMin(final List<CheckpointFileInfo> chain, final long usedPageCount) {
        return chain.get(0).pageCount() - usedPageCount;
    }

    /** Unused pages from which on the base is rewritten. */
    private long unusedPagesMax(final List<CheckpointFileInfo> chain) {
        return Math.max(1, (long) (baseFraction * chain.get(0).pageCount()));
    }

    /**
     * How many more pages have to be given back before {@link #chooseToShrink} can find something to do, as long as the
     * base is the same.
     *
     * @param chain files of a checkpoint, oldest first, at least one
     * @param usedPageCount pages that the checkpoint uses
     * @return pages, at least 1
     */
    public long pagesToShrink(final List<CheckpointFileInfo> chain, final long usedPageCount) {
        return Math.max(1, unusedPagesMax(chain) - unusedPagesMin(chain, usedPageCount));
    }

    /**
     * Length of all but the base.
     *
     * @param chain files of a checkpoint, oldest first
     * @return bytes
     */
    public static long deltasLength(final List<CheckpointFileInfo> chain) {
        return chain.isEmpty() ? 0 : length(chain.subList(1, chain.size()));
    }

    private static int firstToMerge(final List<CheckpointFileInfo> chain) {
        int first = chain.size() - 2;
        long newer = chain.get(first).length() + chain.get(first + 1).length();
        while (first > 1 && chain.get(first - 1).length() < newer) {
            first--;
            newer += chain.get(first).length();
        }
        return first;
    }

    private static long length(final List<CheckpointFileInfo> files) {
        long length = 0;
        for (final CheckpointFileInfo file : files) {
            length += file.length();
        }
        return length;
    }

    private static MergeRun run(final List<CheckpointFileInfo> chain, final int first) {
        return new MergeRun(chain.subList(first, Math.min(chain.size(), first + CheckpointMerger.RUN_LENGTH_MAX)));
    }
}
