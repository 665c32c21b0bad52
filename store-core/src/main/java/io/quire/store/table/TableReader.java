/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.DirectoryDescriptor.NONE;
import static io.quire.store.table.DirectoryDescriptor.isNode;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * What readers of all tables have in common: finding the segment of a hash while the writer splits and merges.
 *
 * <p>Lock coupling with numbers instead of locks (Leis et al., The ART of Practical Synchronization, 2016): the number
 * of the segment is taken between reading the directory and checking that the directory has not changed. So at one
 * moment the segment was the right one and had that number, and whatever happens to it afterwards changes the number:
 * a split, a merge, being given to somebody else.
 *
 * <p>Until the number has been checked, everything read may be anything. So no address is followed that {@link
 * PagedMemory#forDoubtfulRead} has not found to be one, no length is used that is not within bounds, and each search
 * ends by count.
 *
 * <p>Threading: confined to the reading thread.
 */
abstract class TableReader {
    final PagedMemory memory;
    final KeyHash keyHash;
    final ReadSession session;
    private final Directory directory;
    private final ExtentSequences sequences;

    // What locate has found.
    private long reference;
    private long counter;
    private long sequence;

    long touched; // what touch has read; written and never read, so that the reads are not left out

    TableReader(final PagedMemory memory, final Directory directory, final KeyHash keyHash, final ReadSession session) {
        this.memory = memory;
        this.directory = directory;
        this.keyHash = keyHash;
        this.session = session;
        sequences = memory.sequences();
    }

    /**
     * Checks that the caller may read, for what keeps keys or values for it, before they are touched.
     *
     * @throws StateStoreException when it is not the reader's thread, or the reader or the store is closed
     */
    public final void checkCaller() {
        session.checkOpen();
    }

    /**
     * Finds the segment of a hash. What is read from it can be believed as long as {@link #unchanged} says so.
     *
     * @return false when the writer is just changing it, or the directory
     */
    final boolean locate(final long hash) {
        final long directorySequence = directory.sequence();
        if (ExtentSequences.isChanging(directorySequence)) {
            return false;
        }
        final long found;
        try {
            found = directory.referenceForReader(hash);
        } catch (final StateStoreException e) { // from a page that could not be loaded, but which one?
            if (directory.unchanged(directorySequence)) {
                throw e;
            }
            return false;
        }
        final long address = DirectoryDescriptor.address(found);
        counter = sequences.counterOrZero(address);
        final boolean valid = counter != 0 && found != NONE && !isNode(found);
        if (valid) {
            sequence = ExtentSequences.read(counter);
            reference = found;
        }
        if (!directory.unchanged(directorySequence)) {
            return false;
        }
        if (!valid) {
            throw directory.isDropped() ? Directory.dropped() : noSegment(hash, found);
        }
        return !ExtentSequences.isChanging(sequence);
    }

    private static CorruptStoreException noSegment(final long hash, final long found) {
        return new CorruptStoreException("the directory leads to no segment: hash=0x" + Long.toHexString(hash)
                + " reference=0x" + Long.toHexString(found) + "; run 'quire verify'");
    }

    /** Whether all that was read from the segment last located can be believed. */
    final boolean unchanged() {
        return ExtentSequences.unchanged(counter, sequence);
    }

    /**
     * Pointer to a range that a slot of the segment last located has led to.
     *
     * @return pointer to the range, loaded; 0 when there is none, which means that the segment has changed
     */
    final long pointer(final long address, final int length) {
        try {
            return memory.forDoubtfulRead(address, length);
        } catch (final StateStoreException e) { // from a page that could not be loaded, but which one?
            if (unchanged()) {
                throw e;
            }
            return 0;
        }
    }

    /**
     * What added to an offset in the segment last located gives the pointer to it, until the end of the page.
     *
     * @param offset bytes, of a slot that is 8-byte aligned
     */
    final long pageOf(final int offset) {
        return memory.forSharedRead(segment() + offset, Long.BYTES) - offset;
    }

    /** Address of the segment last located. */
    final long segment() {
        return DirectoryDescriptor.address(reference);
    }

    /** Depth of the segment last located. */
    final int depth() {
        return DirectoryDescriptor.depth(reference);
    }

    /** First hash after those of the segment last located, 0 = none. */
    final long end(final long hash) {
        return Segments.next(hash, reference);
    }

    /**
     * Reads at an offset in the segment of a hash for no other reason than that it will be in the caches: several such
     * reads one after the other wait together. Between enter and leave of the session.
     *
     * @return what was there, which cannot be believed; 0 also when nothing was read
     */
    final long touch(final long hash, final int offset) {
        if (memory.hydratingForOthers()) {
            return 0; // loading a page takes so much longer
        }
        final long pointer = memory.forDoubtfulRead(
                DirectoryDescriptor.address(directory.referenceForReader(hash)) + offset, Long.BYTES);
        return pointer == 0 ? 0 : RawMemory.getLong(pointer);
    }

    /** Reads a record that {@link #touch} may have led to, as it does. */
    final long touchRecord(final long address) {
        final long pointer = memory.forDoubtfulRead(address, Long.BYTES);
        return pointer == 0 ? 0 : RawMemory.getLong(pointer);
    }

    /**
     * Copies the segment of a hash as it is at one moment. Not between enter and leave.
     *
     * @param target takes all of it
     * @return first hash after those of the segment, 0 = none
     */
    final long copySegmentOf(final long hash, final byte[] target) {
        session.enter();
        try {
            int failures = 0;
            while (!locate(hash) || !copySegment(target)) {
                session.failed(++failures);
            }
            return end(hash);
        } finally {
            session.leave();
        }
    }

    /**
     * Copies a segment, for reading many of its slots.
     *
     * @param target takes all of it
     * @return false when it was changed meanwhile
     */
    final boolean copySegment(final byte[] target) {
        RawMemory.copy(
                null, memory.forSharedRead(segment(), SEGMENT_LENGTH), target, RawMemory.ARRAY_OFFSET, SEGMENT_LENGTH);
        return unchanged();
    }
}
