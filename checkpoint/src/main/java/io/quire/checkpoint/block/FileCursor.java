/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.memory.PageDescriptor;

/**
 * One thread's view of a checkpoint file: the index page and the blocks it looked at last stay in private memory, so
 * that neighbouring pages cost one decompression together.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class FileCursor implements ScratchPool.Scratch {
    private final IndexPageCursor index = new IndexPageCursor();
    private final BlockBuffer[] blocks;
    private final long[] lastUses;
    private final StagingBuffer staging;
    private final boolean ownsStaging;
    private CheckpointFileReader file;
    private long uses;

    /**
     * Creates a cursor with memory of its own.
     *
     * @param blockCount blocks kept
     */
    FileCursor(final int blockCount) {
        this(blockCount, new StagingBuffer(), true);
    }

    /**
     * Creates a cursor that shares its staging memory with other cursors of the same thread.
     *
     * @param blockCount blocks kept
     * @param staging shared memory
     */
    FileCursor(final int blockCount, final StagingBuffer staging) {
        this(blockCount, staging, false);
    }

    private FileCursor(final int blockCount, final StagingBuffer staging, final boolean ownsStaging) {
        blocks = new BlockBuffer[blockCount];
        lastUses = new long[blockCount];
        this.staging = staging;
        this.ownsStaging = ownsStaging;
    }

    /** Turns to a file, forgetting another one. */
    void bind(final CheckpointFileReader reader) {
        if (file == reader) {
            return;
        }
        index.clear();
        for (final BlockBuffer block : blocks) {
            if (block != null) {
                block.clear();
            }
        }
        file = reader;
    }

    /**
     * Copies lines of a page.
     *
     * @param page page number
     * @param wantedMask lines to copy if the file has them
     * @param targetPagePointer native pointer to the image of the page
     * @return the lines copied
     */
    long readLines(final int page, final long wantedMask, final long targetPagePointer) {
        final int indexPage = file.indexPageOf(page);
        if (indexPage < 0) {
            return 0;
        }
        if (index.number() != indexPage) {
            index.load(file, indexPage);
        }
        if (!index.seek(page)) {
            return 0;
        }
        final long delivered = index.mask() & wantedMask;
        if (delivered != 0) {
            LineRuns.scatter(index.mask(), delivered, linesPointer(), targetPagePointer);
        }
        return delivered;
    }

    /**
     * Copies lines of neighbouring pages, for which the index is searched once.
     *
     * @param firstPage number of the first page
     * @param pageCount how many, at most as many as missing has room for
     * @param missing for each page the lines to copy if the file has them; those copied are taken out
     * @param targetPointer native pointer to the image of the first page, which the others follow
     */
    void readRun(final int firstPage, final int pageCount, final long[] missing, final long targetPointer) {
        if (!seekFrom(firstPage)) {
            return;
        }
        do {
            final int i = index.page() - firstPage;
            if (i >= pageCount) {
                return;
            }
            final long delivered = index.mask() & missing[i];
            if (delivered != 0) {
                final long target = targetPointer + ((long) i << PageDescriptor.PAGE_SHIFT);
                LineRuns.scatter(index.mask(), delivered, linesPointer(), target);
                missing[i] &= ~delivered;
            }
        } while (next());
    }

    /** Goes to the first entry of a page or of one behind it; false when there is none. */
    private boolean seekFrom(final int page) {
        if (file.indexPageCount() == 0) {
            return false;
        }
        final int indexPage = Math.max(0, file.indexPageOf(page));
        if (index.number() != indexPage) {
            index.load(file, indexPage);
        }
        index.seek(page);
        while (index.page() < page) {
            if (!next()) {
                return false;
            }
        }
        return true;
    }

    private boolean next() {
        if (index.next()) {
            return true;
        }
        final int indexPage = index.number() + 1;
        if (indexPage == file.indexPageCount()) {
            return false;
        }
        index.load(file, indexPage);
        return index.next();
    }

    /** {@return the index, standing at some entry} */
    IndexPageCursor index() {
        return index;
    }

    /** {@return native pointer to the lines of the entry that the index stands at, valid until the next read} */
    long linesPointer() {
        return block(index.blockPosition()).linesPointer(file, index.firstLine(), Long.bitCount(index.mask()));
    }

    /**
     * Loads lines.
     *
     * @param blockPosition position of their block
     * @param firstLine number of the first in the block
     * @param count how many
     * @return native pointer to them, valid until the next read
     */
    long linesPointer(final long blockPosition, final int firstLine, final int count) {
        return block(blockPosition).linesPointer(file, firstLine, count);
    }

    private BlockBuffer block(final long position) {
        int oldest = 0;
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i] != null && blocks[i].position() == position) {
                lastUses[i] = ++uses;
                return blocks[i];
            }
            if (lastUses[i] < lastUses[oldest]) {
                oldest = i;
            }
        }
        if (blocks[oldest] == null) {
            blocks[oldest] = new BlockBuffer();
        }
        blocks[oldest].load(file, position, staging);
        lastUses[oldest] = ++uses;
        return blocks[oldest];
    }

    @Override
    public void close() {
        file = null;
        index.close();
        for (final BlockBuffer block : blocks) {
            if (block != null) {
                block.close();
            }
        }
        if (ownsStaging) {
            staging.close();
        }
    }
}
