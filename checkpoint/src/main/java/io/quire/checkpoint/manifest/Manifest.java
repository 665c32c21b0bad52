/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.store.errors.ConfigurationException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The root of a checkpoint: which files hold its pages, and what must be known to read them.
 *
 * <p>A manifest's <em>generation</em> grows with every manifest published; its checkpoint id tells which state it
 * shows. Merging files publishes a new generation of the same checkpoint.
 *
 * <p>What always holds, checked when a manifest is made and when one is read: generation and ids are greater than 0;
 * the next checkpoint id is greater than the checkpoint's, the next file number greater than that of every file
 * named; files are in ascending order of the checkpoints they cover, without overlap, none newer than the checkpoint;
 * no file number appears twice.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param storeId the store it belongs to
 * @param generation number of the manifest, greater than that of every earlier one
 * @param cut the instant the checkpoint shows
 * @param layout paged memory at that instant
 * @param nextCheckpointId id the next checkpoint gets at least
 * @param nextFileNumber number the next file gets at least
 * @param properties further numbers by key; keys are greater than 0 and their meaning belongs to who puts them there
 * @param files the files that hold the pages, oldest first; the first is the base
 */
public record Manifest(
        UUID storeId,
        long generation,
        CheckpointCut cut,
        MemoryLayout layout,
        long nextCheckpointId,
        long nextFileNumber,
        SortedMap<Integer, Long> properties,
        List<CheckpointFileInfo> files) {
    /** Most files a manifest names. */
    public static final int FILE_COUNT_MAX = 4096;
    /** Most properties of a manifest. */
    public static final int PROPERTY_COUNT_MAX = 1024;

    /**
     * Creates a manifest.
     *
     * @throws ConfigurationException when something is out of range or contradicts itself
     */
    public Manifest {
        Objects.requireNonNull(storeId, "storeId");
        Objects.requireNonNull(cut, "cut");
        Objects.requireNonNull(layout, "layout");
        properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
        files = List.copyOf(files);
        checkNumbers(generation, cut, nextCheckpointId, nextFileNumber);
        checkProperties(properties);
        checkFiles(files, cut, nextFileNumber);
    }

    private static void checkNumbers(
            final long generation, final CheckpointCut cut, final long nextCheckpointId, final long nextFileNumber) {
        if (generation <= 0 || nextCheckpointId <= cut.checkpointId() || nextFileNumber <= 0) {
            throw new ConfigurationException(
                    "manifest numbers out of range: generation=" + generation + " checkpointId="
                            + cut.checkpointId() + " nextCheckpointId=" + nextCheckpointId + " nextFileNumber="
                            + nextFileNumber);
        }
    }

    private static void checkProperties(final SortedMap<Integer, Long> properties) {
        if (properties.size() > PROPERTY_COUNT_MAX || (!properties.isEmpty() && properties.firstKey() <= 0)) {
            throw new ConfigurationException("manifest properties out of range: count=" + properties.size() + " limit="
                    + PROPERTY_COUNT_MAX + ", keys must be greater than 0");
        }
    }

    private static void checkFiles(
            final List<CheckpointFileInfo> files, final CheckpointCut cut, final long nextFileNumber) {
        if (files.size() > FILE_COUNT_MAX) {
            throw new ConfigurationException(
                    "manifest names too many files: count=" + files.size() + " limit=" + FILE_COUNT_MAX);
        }
        long covered = 0;
        for (final CheckpointFileInfo file : files) {
            final long oldest = file.identity().oldestCheckpointId();
            final long newest = file.identity().newestCheckpointId();
            if (oldest <= covered
                    || newest > cut.checkpointId()
                    || file.identity().fileNumber() >= nextFileNumber) {
                throw new ConfigurationException(
                        "manifest names a file that does not fit: " + file.fileName() + " covers "
                                + oldest + ".." + newest + " after " + covered + ", checkpointId=" + cut.checkpointId()
                                + " nextFileNumber=" + nextFileNumber);
            }
            covered = newest;
        }
        final long distinct = files.stream()
                .map(file -> file.identity().fileNumber())
                .distinct()
                .count();
        if (distinct != files.size()) {
            throw new ConfigurationException(
                    "manifest names a file twice: files=" + files.size() + " distinct=" + distinct);
        }
    }

    /**
     * A manifest of the next checkpoint.
     *
     * @param newGeneration its generation
     * @param newCut the instant it shows
     * @param newLayout paged memory at that instant
     * @param newNextFileNumber number the next file gets at least
     * @param newFiles its files, oldest first
     * @return the manifest
     * @throws ConfigurationException when something is out of range or contradicts itself
     */
    public Manifest nextCheckpoint(
            final long newGeneration,
            final CheckpointCut newCut,
            final MemoryLayout newLayout,
            final long newNextFileNumber,
            final List<CheckpointFileInfo> newFiles) {
        return new Manifest(
                storeId,
                newGeneration,
                newCut,
                newLayout,
                newCut.checkpointId() + 1,
                newNextFileNumber,
                properties,
                newFiles);
    }

    /**
     * A manifest of the same checkpoint with other files, after some were merged.
     *
     * @param newGeneration its generation
     * @param newNextFileNumber number the next file gets at least
     * @param newFiles its files, oldest first
     * @return the manifest
     * @throws ConfigurationException when something is out of range or contradicts itself
     */
    public Manifest withFiles(
            final long newGeneration, final long newNextFileNumber, final List<CheckpointFileInfo> newFiles) {
        return new Manifest(
                storeId, newGeneration, cut, layout, nextCheckpointId, newNextFileNumber, properties, newFiles);
    }

    /**
     * The same manifest with other properties.
     *
     * @param newProperties replace all it has
     * @return the manifest
     * @throws ConfigurationException when there are too many or a key is out of range
     */
    public Manifest withProperties(final Map<Integer, Long> newProperties) {
        return new Manifest(
                storeId,
                generation,
                cut,
                layout,
                nextCheckpointId,
                nextFileNumber,
                new TreeMap<>(newProperties),
                files);
    }

    /** {@return name of its file} */
    public String fileName() {
        return StoreFileNames.manifest(generation);
    }
}
