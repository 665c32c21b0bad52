/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.RangeReader;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.CorruptStoreException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Reads one checkpoint file. Opening reads header, footer and the index's top level, about a 100,000th of the state;
 * everything else is checked when it is first read by a thread, before anything of it is used.
 *
 * <p>The file is mapped, so that reads on any thread survive an interrupt; bytes are copied to private memory before
 * they are checked or decompressed.
 *
 * <p>Threading: thread-safe; close only after the last reader has left.
 */
public final class CheckpointFileReader implements AutoCloseable {
    private static final int BLOCKS_KEPT = 2;

    private final RangeReader map;
    private final FileTrailer trailer;
    private final CheckpointFileInfo info;
    private final LongAdder readLength = new LongAdder();
    private final ScratchPool<FileCursor> cursors = new ScratchPool<>(() -> new FileCursor(BLOCKS_KEPT));
    private final AtomicReferenceArray<UnpackedIndexPage> unpackedIndexPages;

    private CheckpointFileReader(final RangeReader map, final FileTrailer trailer) {
        this.map = map;
        this.trailer = trailer;
        info = trailer.info();
        unpackedIndexPages = new AtomicReferenceArray<>(trailer.topLevel().indexPageCount());
    }

    /**
     * Opens a file that a manifest names.
     *
     * @param files access to files
     * @param directory where it is
     * @param expected what the manifest says of it
     * @return the open file
     * @throws CorruptStoreException when it is missing, truncated, extended, damaged, or another file than the
     *     manifest means
     * @throws io.quire.store.errors.FormatTooNewException when its format is newer than this version reads
     * @throws io.quire.store.errors.FormatTooOldException when its format is no longer read
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public static CheckpointFileReader open(
            final StoreFiles files, final Path directory, final CheckpointFileInfo expected) {
        return open(new LocalCheckpointStorage(files, directory), expected);
    }

    /**
     * Opens a file that a manifest names, wherever it is kept.
     *
     * @param storage where it is
     * @param expected what the manifest says of it
     * @return the open file
     * @throws CorruptStoreException when it is missing, truncated, extended, damaged, or another file than the
     *     manifest means
     * @throws io.quire.store.errors.FormatTooNewException when its format is newer than this version reads
     * @throws io.quire.store.errors.FormatTooOldException when its format is no longer read
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public static CheckpointFileReader open(final CheckpointStorage storage, final CheckpointFileInfo expected) {
        final Path path = storage.location(expected.fileName());
        if (!storage.exists(expected.fileName())) {
            throw new CorruptStoreException("checkpoint file is missing: file=" + path + " expected="
                    + expected.length() + " bytes of checkpoint "
                    + expected.identity().newestCheckpointId()
                    + "; restore it, or recover from an older checkpoint");
        }
        final CheckpointFileReader reader = open(storage, expected.fileName(), expected.length());
        try {
            reader.trailer.checkIs(path, expected);
            return reader;
        } catch (final RuntimeException | Error e) {
            reader.closeAfter(e);
            throw e;
        }
    }

    /**
     * Opens a file whatever it is, to look at one that no manifest names.
     *
     * @param files access to files
     * @param path the file
     * @return the open file
     * @throws CorruptStoreException when it is damaged
     * @throws io.quire.store.errors.FormatTooNewException when its format is newer than this version reads
     * @throws io.quire.store.errors.FormatTooOldException when its format is no longer read
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public static CheckpointFileReader openUnlisted(final StoreFiles files, final Path path) {
        return open(
                new LocalCheckpointStorage(files, path.toAbsolutePath().getParent()),
                path.getFileName().toString(),
                -1);
    }

    private static CheckpointFileReader open(
            final CheckpointStorage storage, final String name, final long expectedLength) {
        RangeReader map = null;
        try {
            map = storage.open(name);
            checkLength(map.path(), expectedLength, map.size());
            return new CheckpointFileReader(map, FileTrailer.read(map));
        } catch (final RuntimeException | Error e) {
            if (map != null) {
                closeAfter(map, e);
            }
            throw e;
        }
    }

    private static void checkLength(final Path path, final long expected, final long found) {
        if (expected >= 0 && found != expected) {
            throw new CorruptStoreException("checkpoint file is " + (found < expected ? "truncated" : "extended")
                    + ": file="
                    + path + " offset=" + Math.min(found, expected) + " expected=" + expected + " found=" + found
                    + " bytes");
        }
        if (found < CheckpointFileDescriptor.FILE_LENGTH_MIN) {
            throw new CorruptStoreException("checkpoint file is truncated: file=" + path + " offset=" + found
                    + " expected=at least " + CheckpointFileDescriptor.FILE_LENGTH_MIN + " found=" + found + " bytes");
        }
    }

    private void closeAfter(final Throwable cause) {
        closeAfter(this, cause);
    }

    private static void closeAfter(final AutoCloseable resource, final Throwable cause) {
        try {
            resource.close();
        } catch (final Exception e) {
            cause.addSuppressed(e);
        }
    }

    /** {@return the file} */
    public Path path() {
        return map.path();
    }

    /** {@return what the file is, as it says itself} */
    public CheckpointFileInfo info() {
        return info;
    }

    /**
     * Copies lines of a page.
     *
     * @param page page number
     * @param wantedMask lines to copy if the file has them, bit 0 = first
     * @param targetPagePointer native pointer to the 4096 bytes of the page; other lines are left as they are
     * @return the lines copied; 0 when the file has none of them
     * @throws CorruptStoreException when what is stored fails its checks; the target may have been written to
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public long readLines(final int page, final long wantedMask, final long targetPagePointer) {
        final FileCursor cursor = cursors.take();
        try {
            cursor.bind(this);
            return cursor.readLines(page, wantedMask, targetPagePointer);
        } finally {
            cursors.give(cursor);
        }
    }

    /**
     * Iterates over the entries in page order.
     *
     * @param blocksKept decompressed blocks to keep, 1 or more; more help when pages were not written in order
     * @return an iterator for one thread, to be closed
     */
    public PageEntries entries(final int blocksKept) {
        return new PageEntries(this, blocksKept);
    }

    /**
     * Hands out all entries in the order they have in the file, which reads it from one end to the other; of the
     * index nothing is read.
     *
     * @param visitor takes them
     * @throws CorruptStoreException when a block fails its checks
     * @throws io.quire.store.errors.StoreIoException when one cannot be read
     */
    public void walk(final PageEntryVisitor visitor) {
        try (BlockBuffer block = new BlockBuffer();
                StagingBuffer staging = new StagingBuffer()) {
            long position = CheckpointFileDescriptor.BLOCKS_POSITION;
            while (position < indexPosition()) {
                block.load(this, position, staging);
                block.forEachEntry(this, (page, mask, firstLine, lines) -> visitor.onEntry(page, mask, lines));
                position = block.end(position);
            }
        }
    }

    /**
     * Reads and checks everything: each block and index page, that the two say the same, and that no byte is left
     * over.
     *
     * @param problems takes what is wrong, each with its offset; nothing when all is well
     */
    public void verify(final Consumer<FileProblem> problems) {
        verify(problems, () -> false);
    }

    /**
     * The same, for who may want to end before the end.
     *
     * @param problems takes what is wrong
     * @param cancelled asked every few blocks, and may take its time; when it says true the check ends
     * @return whether everything was checked
     */
    public boolean verify(final Consumer<FileProblem> problems, final BooleanSupplier cancelled) {
        return new CheckpointFileCheck(this, problems, cancelled).run();
    }

    /** Copies bytes of the file to private memory, and counts them. */
    void copy(final long position, final long targetPointer, final int length) {
        map.copy(position, targetPointer, length);
        readLength.add(length);
    }

    /** {@return bytes of blocks and index pages read since it was opened, by all threads} */
    public long readLength() {
        return readLength.sum();
    }

    RangeReader map() {
        return map;
    }

    int headerChecksum() {
        return trailer.headerChecksum();
    }

    int contentChecksum() {
        return trailer.contentChecksum();
    }

    long indexPosition() {
        return trailer.indexPosition();
    }

    long indexLength() {
        return trailer.indexLength();
    }

    int blockCount() {
        return trailer.blockCount();
    }

    int largestRaw() {
        return trailer.largestRaw();
    }

    int largestStored() {
        return trailer.largestStored();
    }

    int indexPageCount() {
        return trailer.topLevel().indexPageCount();
    }

    int firstPage(final int indexPage) {
        return trailer.topLevel().firstPage(indexPage);
    }

    /** {@return the entries of an index page that was unpacked for all threads, else null} */
    UnpackedIndexPage unpackedIndexPage(final int indexPage) {
        return unpackedIndexPages.get(indexPage);
    }

    /** Keeps what was unpacked, as long as the file is open; false when another thread has done so before. */
    boolean keepUnpacked(final int indexPage, final UnpackedIndexPage unpacked) {
        return unpackedIndexPages.compareAndSet(indexPage, null, unpacked);
    }

    /** {@return number of the only index page that can have an entry of a page, negative when there is none} */
    int indexPageOf(final int page) {
        return trailer.topLevel().indexPageOf(page);
    }

    @Override
    public void close() {
        for (int i = 0; i < unpackedIndexPages.length(); i++) {
            unpackedIndexPages.set(i, null); // who asks how much was read keeps the reader as long as the store
        }
        cursors.close();
        map.close();
    }
}
