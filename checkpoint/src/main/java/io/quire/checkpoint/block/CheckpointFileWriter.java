/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeader;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.FileKind;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.checkpoint.storage.ObjectWriter;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.agrona.BufferUtil;

/**
 * Writes one checkpoint file: entries in any order, each page once, then {@link #finish}. The file is worth nothing
 * before finish has returned, and is part of a checkpoint only when a manifest that names it is published.
 *
 * <p>Memory: a write buffer, two blocks, and 24 bytes for each page written, all outside the heap; when pages did not
 * come in order, 8 more on the heap during finish. A long file has up to 16 write buffers, if the settings say so:
 * another thread writes and forces what is full while further blocks are compressed.
 *
 * <p>Threading: confined to one thread, which must be one of the store's own: an interrupt would close the file.
 */
public final class CheckpointFileWriter implements AutoCloseable {
    /** Full buffers that the calling thread writes itself, before another is worth it. */
    static final int BEHIND_FROM_BUFFERS = 8;

    private final Path path;
    private final CheckpointFileIdentity identity;
    private final WritePacer pacer;
    private final long forceLength;
    private final ObjectWriter file;
    private final BlockBuilder block;
    private final IndexEntries index = new IndexEntries();
    private final Checksum footerChecksum = new Checksum();
    private final Checksum contentChecksum = new Checksum();
    private final int headerChecksum;

    private ByteBuffer buffer;
    private Consumer<Thread> behindStarter; // null when there is to be none, or no other
    private WriteBehind behind; // once started the file and the buffers are its own
    private long bufferPosition;
    private long forcedPosition;
    private int bufferUsed;
    private int fullBuffers;
    private long lineCount;
    private long rawLength;
    private long storedLength;
    private int blockCount;
    private int largestRaw;
    private int largestStored;
    private boolean finished;
    private boolean failed;
    private boolean closed;

    private CheckpointFileWriter(
            final CheckpointStorage storage,
            final CheckpointFileIdentity identity,
            final CheckpointFileSettings settings) {
        path = storage.location(identity.fileName());
        this.identity = identity;
        pacer = settings.pacer();
        forceLength = settings.forceLength();
        behindStarter = settings.behindStarter();
        buffer = ByteBuffer.allocateDirect(settings.bufferLength()).order(ByteOrder.LITTLE_ENDIAN);
        block = new BlockBuilder(
                settings.blockLength(), settings.compress() ? new BlockCompression(settings.acceleration()) : null);
        final FileHeader header = new FileHeader(
                FileKind.CHECKPOINT,
                FileKind.CHECKPOINT.minor(),
                identity.storeId(),
                identity.newestCheckpointId(),
                identity.oldestCheckpointId(),
                identity.fileNumber());
        headerChecksum = header.write(buffer, 0);
        footerChecksum.update(buffer, 0, FileHeaderDescriptor.HEADER_LENGTH);
        bufferUsed = FileHeaderDescriptor.HEADER_LENGTH;
        file = createFile(storage);
    }

    private ObjectWriter createFile(final CheckpointStorage storage) {
        try {
            return storage.create(identity.fileName());
        } catch (final RuntimeException | Error e) { // a storage may be anybody's
            closed = true;
            freeMemory();
            throw e;
        }
    }

    /**
     * Creates a file and starts writing it.
     *
     * @param files access to files
     * @param directory where the file goes; its name comes from its number
     * @param identity what the file is
     * @param settings how it is written
     * @return the writer, to be closed
     * @throws io.quire.store.errors.StoreIoException when the file exists or cannot be created
     * @throws io.quire.store.errors.StoreFullException when the disk is full
     */
    public static CheckpointFileWriter create(
            final StoreFiles files,
            final Path directory,
            final CheckpointFileIdentity identity,
            final CheckpointFileSettings settings) {
        return create(new LocalCheckpointStorage(files, directory), identity, settings);
    }

    /**
     * Creates a file, wherever it is kept, and starts writing it.
     *
     * @param storage where the file goes; its name comes from its number
     * @param identity what the file is
     * @param settings how it is written
     * @return the writer, to be closed
     * @throws io.quire.store.errors.StoreIoException when the file exists or cannot be created
     * @throws io.quire.store.errors.StoreFullException when the disk is full
     */
    public static CheckpointFileWriter create(
            final CheckpointStorage storage,
            final CheckpointFileIdentity identity,
            final CheckpointFileSettings settings) {
        return new CheckpointFileWriter(storage, identity, settings);
    }

    /** {@return the file being written} */
    public Path path() {
        return path;
    }

    /** {@return bytes handed to the file so far, without what is still buffered} */
    public long writtenLength() {
        return bufferPosition;
    }

    /**
     * Adds the changed lines of a page.
     *
     * @param page page number, not negative, not added before
     * @param mask which lines, bit 0 = first; nothing is added when it is 0
     * @param linesPointer native pointer to the lines in order, 64 bytes each; copied before the call returns
     * @throws io.quire.store.errors.StoreFullException when the disk is full; abort the file
     * @throws io.quire.store.errors.StoreIoException when a write fails; abort the file
     */
    public void append(final int page, final long mask, final long linesPointer) {
        if (mask == 0) {
            return;
        }
        final int lines = beginEntry(page, mask);
        RawMemory.copy(linesPointer, block.nextLinesPointer(), (long) lines * LINE_LENGTH);
        block.add(page, mask);
    }

    /**
     * Adds lines out of the complete image of a page.
     *
     * @param page page number, not negative, not added before
     * @param mask which lines, bit 0 = first; nothing is added when it is 0
     * @param pagePointer native pointer to the 4096 bytes of the page; copied before the call returns
     * @throws io.quire.store.errors.StoreFullException when the disk is full; abort the file
     * @throws io.quire.store.errors.StoreIoException when a write fails; abort the file
     */
    public void appendFromPage(final int page, final long mask, final long pagePointer) {
        if (mask == 0) {
            return;
        }
        beginEntry(page, mask);
        LineRuns.gather(mask, pagePointer, block.nextLinesPointer());
        block.add(page, mask);
    }

    /**
     * Adds all entries of a block of another file, as it is stored there.
     *
     * @param entries standing at the first entry of a {@linkplain PageEntries#wholeBlock() whole block}
     * @return bytes added; 0 when the block is too short to be worth it, too long for the buffer, longer than blocks of
     *     short entries are, or of an older format that it is better written anew, and nothing was added
     * @throws io.quire.store.errors.CorruptStoreException when the block fails its checks; abort the file
     * @throws io.quire.store.errors.StoreFullException when the disk is full; abort the file
     * @throws io.quire.store.errors.StoreIoException when reading or writing fails; abort the file
     */
    public int appendBlock(final PageEntries entries) {
        checkUsable();
        final int length = BlockDescriptor.HEADER_LENGTH + entries.storedLength();
        if (entries.lineCount() < block.lineCapacity(entries.entryCount(), entries.lineCount()) / 2
                || block.isTooLong(entries.entryCount(), entries.lineCount())
                || length > buffer.capacity()
                || entries.lacksParts()) {
            return 0;
        }
        writing(() -> copyBlock(entries, length));
        return length;
    }

    private void copyBlock(final PageEntries entries, final int length) {
        sealBlock();
        makeRoom(length);
        final long position = bufferPosition + bufferUsed;
        final int checksum = entries.copyBlock(buffer, bufferUsed, position, headerChecksum);
        entries.forEachOfBlock((page, mask, firstLine) -> index.add(page, mask, position, firstLine));
        bufferUsed += length;
        countBlock(entries.lineCount(), entries.rawLength(), entries.storedLength(), checksum);
    }

    private int beginEntry(final int page, final long mask) {
        if (page < 0) {
            throw new IllegalArgumentException("page out of range: " + page);
        }
        checkUsable();
        final int lines = Long.bitCount(mask);
        if (!block.hasRoom(lines)) {
            writing(this::sealBlock);
        }
        return lines;
    }

    private void checkUsable() {
        if (closed || finished || failed) {
            throw new CheckpointFailedException("checkpoint file is "
                    + (closed ? "closed" : finished ? "finished" : "abandoned after a failed write") + ": file="
                    + path);
        }
    }

    /** Runs a step that writes; when it fails nothing more is written to this file. */
    private void writing(final Runnable step) {
        try {
            step.run();
        } catch (final RuntimeException | Error e) {
            failed = true;
            throw e;
        }
    }

    private void sealBlock() {
        if (block.isEmpty()) {
            return;
        }
        makeRoom(block.sealedLengthMax());
        final int length = block.seal(buffer, bufferUsed, bufferPosition + bufferUsed, headerChecksum, index);
        bufferUsed += length;
        countBlock(block.lineCount(), block.rawLength(), block.storedLength(), block.headerChecksum());
        block.reset();
    }

    private void countBlock(final int lines, final int raw, final int stored, final int checksum) {
        lineCount += lines;
        rawLength += raw;
        storedLength += stored;
        blockCount++;
        largestRaw = Math.max(largestRaw, raw);
        largestStored = Math.max(largestStored, stored);
        contentChecksum.updateInt(checksum);
    }

    private void makeRoom(final int length) {
        if (buffer.capacity() - bufferUsed < length) {
            flush();
        }
    }

    private void flush() {
        if (bufferUsed == 0) {
            return;
        }
        pacer.beforeWrite(bufferUsed);
        startBehind();
        buffer.limit(bufferUsed).position(0);
        if (behind != null) {
            buffer = behind.exchange(buffer);
        } else {
            file.write(buffer);
            buffer.clear();
        }
        bufferPosition += bufferUsed;
        bufferUsed = 0;
        if (behind == null && forceLength > 0 && bufferPosition - forcedPosition >= forceLength) {
            file.sync();
            forcedPosition = bufferPosition;
        }
    }

    private void startBehind() {
        if (behindStarter != null && fullBuffers++ == BEHIND_FROM_BUFFERS) {
            behind = WriteBehind.start(file, buffer, forceLength, behindStarter);
            behindStarter = null;
        }
    }

    /**
     * Completes the file and makes its content durable; its directory entry becomes durable when the manifest is
     * published.
     *
     * @return what a manifest needs to know of it
     * @throws CheckpointFailedException when a page was added twice
     * @throws io.quire.store.errors.StoreFullException when the disk is full; abort the file
     * @throws io.quire.store.errors.StoreIoException when a write or the force fails; abort the file, the store must
     *     not force it again
     */
    public CheckpointFileInfo finish() {
        checkUsable();
        final CheckpointFileInfo[] info = new CheckpointFileInfo[1];
        writing(() -> info[0] = writeRest());
        finished = true;
        close();
        return info[0];
    }

    private CheckpointFileInfo writeRest() {
        sealBlock();
        index.sort();
        final long indexPosition = bufferPosition + bufferUsed;
        final int[] firstPages = writeIndexPages();
        final long topLevelPosition = bufferPosition + bufferUsed;
        writeTopLevel(firstPages);
        makeRoom(CheckpointFileDescriptor.FOOTER_LENGTH);
        final int checksum = putFooter(indexPosition, topLevelPosition - indexPosition, firstPages.length);
        bufferUsed += CheckpointFileDescriptor.FOOTER_LENGTH;
        flush();
        if (behind != null) {
            behind.finish();
        }
        file.complete();
        return new CheckpointFileInfo(
                identity, bufferPosition, checksum, index.count(), lineCount, rawLength, storedLength);
    }

    private int[] writeIndexPages() {
        final IndexPageBuilder builder = new IndexPageBuilder();
        int[] firstPages = new int[16];
        int pageCount = 0;
        int next = 0;
        while (next < index.count()) {
            makeRoom(IndexPageDescriptor.PAGE_LENGTH);
            builder.begin(buffer, bufferUsed);
            if (pageCount == firstPages.length) {
                firstPages = Arrays.copyOf(firstPages, pageCount * 2);
            }
            firstPages[pageCount++] = index.page(next);
            while (next < index.count() && builder.hasRoom()) {
                builder.add(index.page(next), index.mask(next), index.blockPosition(next), index.firstLine(next));
                next++;
            }
            bufferUsed += builder.seal(next == index.count(), bufferPosition + bufferUsed, headerChecksum);
            contentChecksum.updateInt(builder.sealedChecksum());
        }
        return Arrays.copyOf(firstPages, pageCount);
    }

    private void writeTopLevel(final int[] firstPages) {
        for (final int firstPage : firstPages) {
            makeRoom(Integer.BYTES);
            buffer.putInt(bufferUsed, firstPage);
            footerChecksum.update(buffer, bufferUsed, Integer.BYTES);
            bufferUsed += Integer.BYTES;
        }
    }

    private int putFooter(final long indexPosition, final long indexLength, final int indexPageCount) {
        final int at = bufferUsed;
        RawMemory.setMemory(BufferUtil.address(buffer) + at, CheckpointFileDescriptor.FOOTER_LENGTH, (byte) 0);
        buffer.putLong(at + CheckpointFileDescriptor.INDEX_POSITION_OFFSET, indexPosition);
        buffer.putLong(at + CheckpointFileDescriptor.INDEX_LENGTH_OFFSET, indexLength);
        buffer.putInt(at + CheckpointFileDescriptor.INDEX_PAGE_COUNT_OFFSET, indexPageCount);
        buffer.putInt(at + CheckpointFileDescriptor.BLOCK_COUNT_OFFSET, blockCount);
        buffer.putLong(at + CheckpointFileDescriptor.PAGE_COUNT_OFFSET, index.count());
        buffer.putLong(at + CheckpointFileDescriptor.LINE_COUNT_OFFSET, lineCount);
        buffer.putLong(at + CheckpointFileDescriptor.RAW_LENGTH_OFFSET, rawLength);
        buffer.putLong(at + CheckpointFileDescriptor.STORED_LENGTH_OFFSET, storedLength);
        buffer.putInt(at + CheckpointFileDescriptor.LARGEST_RAW_OFFSET, largestRaw);
        buffer.putInt(at + CheckpointFileDescriptor.LARGEST_STORED_OFFSET, largestStored);
        buffer.putInt(at + CheckpointFileDescriptor.CONTENT_CHECKSUM_OFFSET, contentChecksum.value());
        final int common = at + CheckpointFileDescriptor.COMMON_FOOTER_OFFSET;
        buffer.putLong(common + FileFooterDescriptor.NOT_MAGIC_OFFSET, ~FileHeaderDescriptor.MAGIC);
        buffer.putLong(common + FileFooterDescriptor.BODY_LENGTH_OFFSET, bufferPosition + common);
        buffer.putInt(common + FileFooterDescriptor.ALGORITHM_OFFSET, FileFooterDescriptor.ALGORITHM_CRC32C);
        footerChecksum.update(buffer, at, CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET);
        final int checksum = footerChecksum.value();
        buffer.putInt(at + CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET, checksum);
        return checksum;
    }

    /**
     * Gives the file up: closes and deletes it. Does nothing once the file is finished or given up.
     *
     * @throws io.quire.store.errors.StoreIoException when the file cannot be deleted; it is then an orphan that
     *     retention deletes later
     */
    public void abort() {
        close();
    }

    /** Frees the memory and closes the file; a file that was not finished is deleted. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        freeMemory();
        file.close();
    }

    private void freeMemory() {
        block.close();
        index.close();
        if (behind != null) {
            behind.close(); // before the file is
        } else {
            BufferUtil.free(buffer);
        }
    }
}
