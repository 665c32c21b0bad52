/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.Checksum;
import io.quire.store.errors.StateStoreException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Reads a whole checkpoint file and reports everything that is wrong with it.
 *
 * <p>That blocks and index say the same is shown without holding either in memory: each adds a 64-bit hash of every
 * entry (page, mask, block, line) to a sum, and the sums and counts must be equal.
 *
 * <p>Threading: confined to one thread.
 */
final class CheckpointFileCheck {
    private static final int PARTS_BETWEEN_LOOKS = 8; // blocks or index pages

    private final CheckpointFileReader file;
    private final Consumer<FileProblem> problems;
    private final BooleanSupplier cancelled;
    private final Checksum contentChecksum = new Checksum();
    private boolean complete = true;
    private long entriesInBlocks;
    private long sumOfBlocks;
    private long entriesInIndex;
    private long sumOfIndex;
    private long lineCount;
    private long rawLength;
    private long storedLength;
    private int blockCount;

    CheckpointFileCheck(
            final CheckpointFileReader file, final Consumer<FileProblem> problems, final BooleanSupplier cancelled) {
        this.file = file;
        this.problems = problems;
        this.cancelled = cancelled;
    }

    /** {@return false when it was cancelled before its end} */
    boolean run() {
        if (!checkBlocks() || !checkIndex()) {
            return false;
        }
        if (complete) {
            compare("entries of blocks and index", entriesInBlocks, entriesInIndex);
            compare("hash of entries of blocks and index", sumOfBlocks, sumOfIndex);
            compare("page count", file.info().pageCount(), entriesInIndex);
            compare("line count", file.info().lineCount(), lineCount);
            compare("raw length", file.info().rawLength(), rawLength);
            compare("stored length", file.info().storedLength(), storedLength);
            compare("block count", file.blockCount(), blockCount);
            compare("content checksum", file.contentChecksum(), contentChecksum.value());
        }
        return true;
    }

    private boolean checkBlocks() {
        try (BlockBuffer block = new BlockBuffer();
                StagingBuffer staging = new StagingBuffer()) {
            long position = CheckpointFileDescriptor.BLOCKS_POSITION;
            while (position < file.indexPosition()) {
                if (blockCount % PARTS_BETWEEN_LOOKS == 0 && cancelled.getAsBoolean()) {
                    return false;
                }
                try {
                    block.readHeader(file, position, staging);
                } catch (final StateStoreException e) {
                    report(
                            position,
                            e.getMessage() + "; bytes " + position + ".." + (file.indexPosition() - 1)
                                    + " could not be checked",
                            e);
                    return true;
                }
                contentChecksum.updateInt(block.headerChecksum());
                checkBlock(block, position, staging);
                position = block.end(position);
            }
        }
        return true;
    }

    private void checkBlock(final BlockBuffer block, final long position, final StagingBuffer staging) {
        blockCount++;
        rawLength += block.rawLength();
        storedLength += block.storedLength();
        lineCount += block.lineCount();
        try {
            block.load(file, position, staging);
            if (checkParts(block)) {
                block.forEachEntry(file, (page, mask, firstLine, lines) -> {
                    entriesInBlocks++;
                    sumOfBlocks += hash(page, mask, position, firstLine);
                });
            }
        } catch (final StateStoreException e) {
            report(position, e.getMessage(), e);
        }
    }

    /** Damage to one part is damage to one page, so each is reported. */
    private boolean checkParts(final BlockBuffer block) {
        boolean whole = true;
        for (int part = 0; part < block.partCount(); part++) {
            try {
                block.loadPart(file, part);
            } catch (final StateStoreException e) {
                report(block.partPosition(part), e.getMessage(), e);
                whole = false;
            }
        }
        return whole;
    }

    private boolean checkIndex() {
        try (IndexPageCursor index = new IndexPageCursor()) {
            int lastPage = -1;
            for (int i = 0; i < file.indexPageCount(); i++) {
                if (i % PARTS_BETWEEN_LOOKS == 0 && cancelled.getAsBoolean()) {
                    return false;
                }
                final long position = file.indexPosition() + (long) i * IndexPageDescriptor.PAGE_LENGTH;
                try {
                    index.load(file, i);
                    contentChecksum.updateInt(index.pageChecksum());
                    lastPage = checkIndexPage(index, position, lastPage);
                } catch (final StateStoreException e) {
                    report(position, e.getMessage(), e);
                }
            }
        }
        return true;
    }

    private int checkIndexPage(final IndexPageCursor index, final long position, final int lastPageBefore) {
        int lastPage = lastPageBefore;
        while (index.next()) {
            if (index.page() <= lastPage) {
                report(
                        position,
                        "index pages overlap: file=" + file.path() + " offset=" + position + " page=" + index.page()
                                + " follows page=" + lastPage);
            }
            lastPage = index.page();
            entriesInIndex++;
            sumOfIndex += hash(index.page(), index.mask(), index.blockPosition(), index.firstLine());
        }
        if (!index.restIsZero()) {
            report(position, "unused bytes of an index page are not zero: file=" + file.path() + " offset=" + position);
        }
        return lastPage;
    }

    private void compare(final String what, final long expected, final long found) {
        if (expected != found) {
            report(
                    0,
                    what + " do not match: file=" + file.path() + " offset=0 expected=" + expected + " found=" + found);
        }
    }

    private void report(final long offset, final String message) {
        report(offset, message, null);
    }

    private void report(final long offset, final String message, final StateStoreException cause) {
        complete = false;
        problems.accept(new FileProblem(file.path(), offset, message, cause));
    }

    /** Finalizer of MurmurHash3 over each part in turn; entries that differ in one bit differ in half the bits. */
    private static long hash(final int page, final long mask, final long blockPosition, final int firstLine) {
        return mix(mix(mix(mix(page) ^ mask) ^ blockPosition) ^ firstLine);
    }

    private static long mix(final long value) {
        long h = value + 0x9E3779B97F4A7C15L;
        h = (h ^ (h >>> 33)) * 0xFF51AFD7ED558CCDL;
        h = (h ^ (h >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return h ^ (h >>> 33);
    }
}
