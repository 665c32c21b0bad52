/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeader;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.FileKind;
import io.quire.checkpoint.io.RangeReader;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.agrona.BufferUtil;

/**
 * Reads and checks a manifest file.
 *
 * <p>Threading: thread-safe.
 */
public final class ManifestReader {
    private ManifestReader() {}

    /**
     * Reads a manifest; whether the files it names are there is not looked at.
     *
     * @param files access to files
     * @param path of the manifest
     * @return the manifest
     * @throws CorruptStoreException when it is truncated, extended, damaged, not a manifest, or renamed
     * @throws io.quire.store.errors.FormatTooNewException when its format is newer than this version reads
     * @throws io.quire.store.errors.FormatTooOldException when its format is no longer read
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public static Manifest read(final StoreFiles files, final Path path) {
        return read(
                new LocalCheckpointStorage(files, path.toAbsolutePath().getParent()),
                path.getFileName().toString());
    }

    /**
     * Reads a manifest, wherever it is kept; see {@link #read(StoreFiles, Path)}.
     *
     * @param storage where it is
     * @param name of the manifest
     * @return the manifest
     */
    public static Manifest read(final CheckpointStorage storage, final String name) {
        final Path path = storage.location(name);
        final ByteBuffer buffer;
        try (RangeReader file = storage.open(name)) {
            final long length = file.size();
            if (length < ManifestDescriptor.LENGTH_MIN || length > ManifestDescriptor.LENGTH_MAX) {
                throw new CorruptStoreException("manifest length out of range: file=" + path + " expected="
                        + ManifestDescriptor.LENGTH_MIN + ".." + ManifestDescriptor.LENGTH_MAX + " found=" + length);
            }
            buffer = ByteBuffer.allocateDirect((int) length).order(ByteOrder.LITTLE_ENDIAN);
            file.copy(0, BufferUtil.address(buffer), (int) length);
        }
        try {
            return decode(path, buffer);
        } finally {
            BufferUtil.free(buffer);
        }
    }

    static Manifest decode(final Path path, final ByteBuffer buffer) {
        final FileHeader header = FileHeader.read(path, buffer, FileKind.MANIFEST);
        checkFooter(path, buffer);
        final long named = StoreFileNames.parseManifest(path.getFileName().toString());
        if (named != StoreFileNames.NOT_A_MATCH && named != header.generation()) {
            throw new CorruptStoreException("manifest has another name (was it renamed?): file=" + path + " offset="
                    + FileHeaderDescriptor.GENERATION_OFFSET + " expected=" + named + " found="
                    + header.generation());
        }
        final int propertyCount = buffer.getInt(ManifestDescriptor.PROPERTY_COUNT_OFFSET);
        final int fileCount = buffer.getInt(ManifestDescriptor.FILE_COUNT_OFFSET);
        if (propertyCount < 0
                || propertyCount > Manifest.PROPERTY_COUNT_MAX
                || fileCount < 0
                || fileCount > Manifest.FILE_COUNT_MAX
                || ManifestDescriptor.length(propertyCount, fileCount) != buffer.capacity()) {
            throw new CorruptStoreException("manifest counts do not fit its length: file=" + path + " offset="
                    + ManifestDescriptor.FILE_COUNT_OFFSET + " files=" + fileCount + " properties=" + propertyCount
                    + " length=" + buffer.capacity());
        }
        checkReserved(path, header, buffer, propertyCount, fileCount);
        try {
            return decodeBody(header, buffer, propertyCount, fileCount);
        } catch (final ConfigurationException e) {
            throw new CorruptStoreException(
                    "manifest contradicts itself: file=" + path + " offset=" + ManifestDescriptor.CHECKPOINT_ID_OFFSET
                            + ": " + e.getMessage() + "; its checksum is right, so it was written wrong",
                    e);
        }
    }

    private static void checkFooter(final Path path, final ByteBuffer buffer) {
        final int offset = buffer.capacity() - FileFooterDescriptor.FOOTER_LENGTH;
        final long notMagic = buffer.getLong(offset + FileFooterDescriptor.NOT_MAGIC_OFFSET);
        final long bodyLength = buffer.getLong(offset + FileFooterDescriptor.BODY_LENGTH_OFFSET);
        final int algorithm = buffer.getInt(offset + FileFooterDescriptor.ALGORITHM_OFFSET);
        if (notMagic != ~FileHeaderDescriptor.MAGIC
                || bodyLength != offset
                || algorithm != FileFooterDescriptor.ALGORITHM_CRC32C) {
            throw new CorruptStoreException("manifest footer is missing or damaged: file=" + path + " offset=" + offset
                    + " expected body length=" + offset + " found=" + bodyLength + " algorithm=" + algorithm);
        }
        final int checksumOffset = offset + FileFooterDescriptor.CHECKSUM_OFFSET;
        final int expected = new Checksum().of(buffer, 0, checksumOffset);
        final int found = buffer.getInt(checksumOffset);
        if (expected != found) {
            throw new CorruptStoreException("manifest checksum mismatch: file=" + path + " offset=" + checksumOffset
                    + " expected=" + Checksum.hex(expected) + " found=" + Checksum.hex(found));
        }
    }

    /**
     * What this version leaves zero a newer minor version may use; a file of this version that has something is
     * wrong.
     */
    private static void checkReserved(
            final Path path,
            final FileHeader header,
            final ByteBuffer buffer,
            final int propertyCount,
            final int fileCount) {
        int reserved = buffer.getInt(ManifestDescriptor.RESERVED_OFFSET);
        for (int i = 0; i < propertyCount; i++) {
            reserved |= buffer.getInt(ManifestDescriptor.PROPERTIES_OFFSET
                    + i * ManifestDescriptor.PROPERTY_LENGTH
                    + ManifestDescriptor.PROPERTY_RESERVED_OFFSET);
        }
        for (int i = 0; i < fileCount; i++) {
            reserved |= buffer.getInt(ManifestDescriptor.filesOffset(propertyCount)
                    + i * ManifestDescriptor.FILE_ENTRY_LENGTH
                    + ManifestDescriptor.FILE_RESERVED_OFFSET);
        }
        if (reserved != 0 && header.minor() <= FileKind.MANIFEST.minor()) {
            throw new CorruptStoreException("reserved bytes of a manifest are not zero: file=" + path + " offset="
                    + ManifestDescriptor.RESERVED_OFFSET + " expected=0 found=" + reserved);
        }
    }

    private static Manifest decodeBody(
            final FileHeader header, final ByteBuffer buffer, final int propertyCount, final int fileCount) {
        final SortedMap<Integer, Long> properties = new TreeMap<>();
        int offset = ManifestDescriptor.PROPERTIES_OFFSET;
        for (int i = 0; i < propertyCount; i++) {
            final int key = buffer.getInt(offset + ManifestDescriptor.PROPERTY_KEY_OFFSET);
            if (!properties.isEmpty() && key <= properties.lastKey()) {
                throw new ConfigurationException("property keys do not ascend: key=" + key);
            }
            properties.put(key, buffer.getLong(offset + ManifestDescriptor.PROPERTY_VALUE_OFFSET));
            offset += ManifestDescriptor.PROPERTY_LENGTH;
        }
        final List<CheckpointFileInfo> files = new ArrayList<>(fileCount);
        for (int i = 0; i < fileCount; i++) {
            files.add(decodeFile(buffer, offset));
            offset += ManifestDescriptor.FILE_ENTRY_LENGTH;
        }
        return new Manifest(
                header.storeId(),
                header.generation(),
                new CheckpointCut(
                        buffer.getLong(ManifestDescriptor.CHECKPOINT_ID_OFFSET),
                        buffer.getLong(ManifestDescriptor.LOG_POSITION_OFFSET),
                        buffer.getLong(ManifestDescriptor.TAKEN_AT_MS_OFFSET)),
                new MemoryLayout(
                        buffer.getInt(ManifestDescriptor.WINDOW_SHIFT_OFFSET),
                        buffer.getLong(ManifestDescriptor.PAGE_COUNT_OFFSET),
                        buffer.getLong(ManifestDescriptor.HASH_SEED_OFFSET),
                        buffer.getLong(ManifestDescriptor.CATALOG_ADDRESS_OFFSET)),
                buffer.getLong(ManifestDescriptor.NEXT_CHECKPOINT_ID_OFFSET),
                buffer.getLong(ManifestDescriptor.NEXT_FILE_NUMBER_OFFSET),
                properties,
                files);
    }

    private static CheckpointFileInfo decodeFile(final ByteBuffer buffer, final int offset) {
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(
                new UUID(
                        buffer.getLong(offset + ManifestDescriptor.FILE_STORE_ID_HIGH_OFFSET),
                        buffer.getLong(offset + ManifestDescriptor.FILE_STORE_ID_LOW_OFFSET)),
                buffer.getLong(offset + ManifestDescriptor.FILE_NUMBER_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_OLDEST_CHECKPOINT_ID_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_NEWEST_CHECKPOINT_ID_OFFSET));
        return new CheckpointFileInfo(
                identity,
                buffer.getLong(offset + ManifestDescriptor.FILE_LENGTH_OFFSET),
                buffer.getInt(offset + ManifestDescriptor.FILE_FOOTER_CHECKSUM_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_PAGE_COUNT_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_LINE_COUNT_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_RAW_LENGTH_OFFSET),
                buffer.getLong(offset + ManifestDescriptor.FILE_STORED_LENGTH_OFFSET));
    }
}
