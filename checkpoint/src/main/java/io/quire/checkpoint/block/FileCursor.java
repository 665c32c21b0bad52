/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import java.util.ArrayList;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * One thread's view of a checkpoint file: the index page and the blocks it looked at last stay in private memory, so
 * that neighbouring pages cost one decompression together where they were compressed together.
 *
 * <p>Who reads pages in any order meets the same few blocks of a short file again and again. So a block that does not
 * follow the one loaded before gets memory of its own as long as the budget has some; reading from one end to the
 * other takes nothing of it. Where blocks are short on average they are loaded again instead.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class FileCursor implements ScratchPool.Scratch {
    private static final int INDEX_PAGE_COST = 2 * IndexPageDescriptor.PAGE_LENGTH; // with what the heap has of it
    static final int UNPACKED_INDEX_PAGE_COST = 6 * IndexPageDescriptor.PAGE_LENGTH; // the same, at most
    private static final int INDEX_PART = 4; // of the budget, that the index of one file may take
    private static final int USES_BEFORE_UNPACKING = 64; // of an index page: about what unpacking it takes
    private static final int SHORT_BLOCK_LENGTH = 8 * 1024; // decompressed sooner than looked after

    private final IndexPageCursor ownIndex = new IndexPageCursor();
    private final IndexPageCursor sharedIndex = new IndexPageCursor(); // what is unpacked for all threads
    private final Int2ObjectHashMap<IndexPageCursor> keptIndexes = new Int2ObjectHashMap<>(); // beside its own
    private final ArrayList<BlockBuffer> blocks = new ArrayList<>();
    private final Long2ObjectHashMap<BlockBuffer> blocksByPosition = new Long2ObjectHashMap<>();
    private final int ownBlockCount;
    private final StagingBuffer staging;
    private final boolean ownsStaging;
    private final BlockBudget budget;
    private IndexPageCursor index = ownIndex; // the one that was looked at last
    private CheckpointFileReader file;
    private long takenLength; // of the budget
    private long uses;
    private long lastEnd; // of the block loaded last

    /**
     * Creates a cursor with memory of its own.
     *
     * @param blockCount blocks kept
     */
    FileCursor(final int blockCount) {
        this(blockCount, new StagingBuffer(), true, BlockBudget.NONE);
    }

    /**
     * Creates a cursor that shares its staging memory with other cursors of the same thread.
     *
     * @param blockCount blocks kept without asking the budget
     * @param staging shared memory
     * @param budget for further blocks
     */
    FileCursor(final int blockCount, final StagingBuffer staging, final BlockBudget budget) {
        this(blockCount, staging, false, budget);
    }

    private FileCursor(
            final int blockCount, final StagingBuffer staging, final boolean ownsStaging, final BlockBudget budget) {
        ownBlockCount = blockCount;
        this.staging = staging;
        this.ownsStaging = ownsStaging;
        this.budget = budget;
    }

    /** Turns to a file, forgetting another one. */
    void bind(final CheckpointFileReader reader) {
        if (file == reader) {
            return;
        }
        giveBack();
        ownIndex.clear();
        sharedIndex.clear();
        for (final BlockBuffer block : blocks) {
            block.clear();
        }
        blocksByPosition.clear();
        lastEnd = 0;
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
        toIndexPage(indexPage);
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
        toIndexPage(indexPage);
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
        toIndexPage(indexPage);
        index.first();
        return index.next();
    }

    private void toIndexPage(final int indexPage) {
        if (index.number() == indexPage) {
            return;
        }
        final UnpackedIndexPage unpacked = file.unpackedIndexPage(indexPage);
        if (unpacked != null) {
            sharedIndex.turnTo(file, indexPage, unpacked);
            index = sharedIndex;
            return;
        }
        final IndexPageCursor kept = ownIndex.number() == indexPage ? ownIndex : keptIndexes.get(indexPage);
        if (kept != null) {
            index = kept;
            if (kept.use() % USES_BEFORE_UNPACKING == 0) {
                unpack(file, kept, budget);
            }
            return;
        }
        final boolean inOrder = indexPage == index.number() + 1;
        if (inOrder
                || ownIndex.number() < 0
                || !isIndexWorthKeeping(file, INDEX_PAGE_COST, budget)
                || !keepIndexPage(indexPage)) {
            index = ownIndex;
            index.load(file, indexPage);
        }
    }

    /** Loads an index page beside the own one; false when there is no memory for it. */
    private boolean keepIndexPage(final int indexPage) {
        if (!takeMemory(INDEX_PAGE_COST)) {
            return false;
        }
        final IndexPageCursor another = new IndexPageCursor();
        boolean loaded = false;
        try {
            another.reserve();
            another.load(file, indexPage);
            keptIndexes.put(indexPage, another);
            index = another;
            loaded = true;
        } catch (final OutOfMemoryError e) { // of memory outside the heap, which may have a limit of its own
            index = ownIndex;
        } finally {
            if (!loaded) {
                keptIndexes.remove(indexPage); // a map that found no memory to grow may have it already
                another.close();
                giveBack(INDEX_PAGE_COST);
            }
        }
        return loaded;
    }

    /**
     * Unpacks an index page for all threads unless there is too little memory for it; the file keeps it until it is
     * closed.
     *
     * @param file the file
     * @param packed the index page, as loaded; stands anywhere afterwards
     * @param budget what the memory is taken from
     * @return whether there is enough
     */
    static boolean unpack(final CheckpointFileReader file, final IndexPageCursor packed, final BlockBudget budget) {
        if (!isWorthUnpacking(file, budget) || !budget.tryTake(UNPACKED_INDEX_PAGE_COST)) {
            return false;
        }
        boolean kept = false;
        try {
            packed.first();
            kept = file.keepUnpacked(packed.number(), new UnpackedIndexPage(packed));
        } catch (final CorruptStoreException | OutOfMemoryError e) {
            // Whoever needs an entry that makes no sense is told so; all others find theirs as it is.
        } finally {
            if (!kept) {
                budget.give(UNPACKED_INDEX_PAGE_COST);
            }
        }
        return true;
    }

    /** Whether a file's index is short enough to be unpacked as a whole. */
    static boolean isWorthUnpacking(final CheckpointFileReader file, final BlockBudget budget) {
        return isIndexWorthKeeping(file, UNPACKED_INDEX_PAGE_COST, budget);
    }

    /** The index of a large file would take what blocks of short ones need more. */
    private static boolean isIndexWorthKeeping(
            final CheckpointFileReader file, final int cost, final BlockBudget budget) {
        return (long) file.indexPageCount() * cost <= budget.length() / INDEX_PART;
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
        BlockBuffer block = blocksByPosition.get(position);
        if (block == null) {
            block = roomFor(position);
            blocksByPosition.remove(block.position());
            block.load(file, position, staging);
            blocksByPosition.put(position, block);
            lastEnd = block.end(position);
        }
        block.lastUse(++uses);
        return block;
    }

    private BlockBuffer roomFor(final long position) {
        BlockBuffer oldest = null;
        for (int i = 0; i < blocks.size(); i++) {
            final BlockBuffer block = blocks.get(i);
            if (block.position() < 0) {
                return block;
            }
            if (oldest == null || block.lastUse() < oldest.lastUse()) {
                oldest = block;
            }
        }
        if (blocks.size() < ownBlockCount) {
            final BlockBuffer block = new BlockBuffer();
            blocks.add(block);
            return block;
        }
        final BlockBuffer another = position != lastEnd && isWorthKeeping() ? anotherBlock() : null;
        return another != null ? another : oldest;
    }

    private BlockBuffer anotherBlock() {
        if (!takeMemory(file.largestRaw())) {
            return null;
        }
        final BlockBuffer block = new BlockBuffer();
        try {
            block.reserve(file.largestRaw());
        } catch (final OutOfMemoryError e) { // of memory outside the heap, which may have a limit of its own
            giveBack(file.largestRaw());
            return null;
        }
        blocks.add(block);
        return block;
    }

    /** Of a file with many more blocks than can be kept, hardly one would still be there when it is needed again. */
    private boolean isWorthKeeping() {
        return (long) file.blockCount() * file.largestRaw() <= budget.length()
                && file.info().rawLength() > (long) file.blockCount() * SHORT_BLOCK_LENGTH;
    }

    private boolean takeMemory(final int length) {
        if (!budget.tryTake(length)) {
            return false;
        }
        takenLength += length;
        return true;
    }

    private void giveBack(final int length) {
        budget.give(length);
        takenLength -= length;
    }

    /** Frees what took memory from the budget: the blocks but for the first, and all index pages but its own. */
    private void giveBack() {
        index = ownIndex;
        keptIndexes.values().forEach(IndexPageCursor::close);
        keptIndexes.clear();
        while (blocks.size() > ownBlockCount) {
            blocks.remove(blocks.size() - 1).close();
        }
        budget.give(takenLength);
        takenLength = 0;
    }

    @Override
    public void close() {
        file = null;
        giveBack();
        ownIndex.close();
        for (final BlockBuffer block : blocks) {
            block.close();
        }
        blocks.clear();
        blocksByPosition.clear();
        if (ownsStaging) {
            staging.close();
        }
    }
}
