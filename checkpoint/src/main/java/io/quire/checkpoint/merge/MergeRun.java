/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.store.errors.ConfigurationException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Neighbouring files of a chain that are to become one.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param files the files, oldest first, at least two
 */
public record MergeRun(List<CheckpointFileInfo> files) {
    /** Creates a run. */
    public MergeRun {
        files = List.copyOf(files);
        if (files.size() < 2) {
            throw new ConfigurationException("a merge takes at least two files, found " + files.size());
        }
    }

    /** {@return first checkpoint the result covers} */
    public long oldestCheckpointId() {
        return files.get(0).identity().oldestCheckpointId();
    }

    /** {@return last checkpoint the result covers} */
    public long newestCheckpointId() {
        return files.get(files.size() - 1).identity().newestCheckpointId();
    }

    /** {@return bytes of all files of the run} */
    public long length() {
        return files.stream().mapToLong(CheckpointFileInfo::length).sum();
    }

    /**
     * A chain with the result in place of the run; the chain may have grown since the run was chosen.
     *
     * @param chain files of a checkpoint, oldest first
     * @param merged the result
     * @return the new chain
     * @throws ConfigurationException when the run is no longer part of the chain
     */
    public List<CheckpointFileInfo> replaceIn(final List<CheckpointFileInfo> chain, final CheckpointFileInfo merged) {
        final int start = Collections.indexOfSubList(chain, files);
        if (start < 0) {
            throw new ConfigurationException("the files merged are no longer part of the chain: checkpoints "
                    + oldestCheckpointId() + ".." + newestCheckpointId());
        }
        final List<CheckpointFileInfo> replaced = new ArrayList<>(chain.subList(0, start));
        replaced.add(merged);
        replaced.addAll(chain.subList(start + files.size(), chain.size()));
        return replaced;
    }
}
