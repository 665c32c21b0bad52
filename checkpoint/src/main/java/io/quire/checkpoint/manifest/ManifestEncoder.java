/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeader;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.FileKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Turns a manifest into the bytes of its file.
 *
 * <p>Threading: thread-safe.
 */
final class ManifestEncoder {
    private ManifestEncoder() {}

    /** {@return the bytes of the file, ready to be written} */
    static ByteBuffer encode(final Manifest manifest) {
        final int propertyCount = manifest.properties().size();
        final int fileCount = manifest.files().size();
        final ByteBuffer buffer = ByteBuffer.allocate(ManifestDescriptor.length(propertyCount, fileCount))
                .order(ByteOrder.LITTLE_ENDIAN);
        new FileHeader(FileKind.MANIFEST, FileKind.MANIFEST.minor(), manifest.storeId(), manifest.generation(), 0, 0)
                .write(buffer, 0);
        buffer.putLong(ManifestDescriptor.CHECKPOINT_ID_OFFSET, manifest.cut().checkpointId());
        buffer.putLong(ManifestDescriptor.NEXT_CHECKPOINT_ID_OFFSET, manifest.nextCheckpointId());
        buffer.putLong(ManifestDescriptor.NEXT_FILE_NUMBER_OFFSET, manifest.nextFileNumber());
        buffer.putLong(ManifestDescriptor.TAKEN_AT_MS_OFFSET, manifest.cut().takenAtMs());
        buffer.putLong(ManifestDescriptor.LOG_POSITION_OFFSET, manifest.cut().logPosition());
        buffer.putLong(ManifestDescriptor.PAGE_COUNT_OFFSET, manifest.layout().pageCount());
        buffer.putLong(ManifestDescriptor.HASH_SEED_OFFSET, manifest.layout().hashSeed());
        buffer.putLong(
                ManifestDescriptor.CATALOG_ADDRESS_OFFSET, manifest.layout().catalogAddress());
        buffer.putInt(ManifestDescriptor.WINDOW_SHIFT_OFFSET, manifest.layout().windowShift());
        buffer.putInt(ManifestDescriptor.FILE_COUNT_OFFSET, fileCount);
        buffer.putInt(ManifestDescriptor.PROPERTY_COUNT_OFFSET, propertyCount);
        int offset = ManifestDescriptor.PROPERTIES_OFFSET;
        for (final Map.Entry<Integer, Long> property : manifest.properties().entrySet()) {
            buffer.putInt(offset + ManifestDescriptor.PROPERTY_KEY_OFFSET, property.getKey());
            buffer.putLong(offset + ManifestDescriptor.PROPERTY_VALUE_OFFSET, property.getValue());
            offset += ManifestDescriptor.PROPERTY_LENGTH;
        }
        for (final CheckpointFileInfo file : manifest.files()) {
            putFile(buffer, offset, file);
            offset += ManifestDescriptor.FILE_ENTRY_LENGTH;
        }
        putFooter(buffer, offset);
        return buffer;
    }

    private static void putFile(final ByteBuffer buffer, final int offset, final CheckpointFileInfo file) {
        buffer.putLong(
                offset + ManifestDescriptor.FILE_NUMBER_OFFSET, file.identity().fileNumber());
        buffer.putLong(
                offset + ManifestDescriptor.FILE_STORE_ID_HIGH_OFFSET,
                file.identity().storeId().getMostSignificantBits());
        buffer.putLong(
                offset + ManifestDescriptor.FILE_STORE_ID_LOW_OFFSET,
                file.identity().storeId().getLeastSignificantBits());
        buffer.putLong(
                offset + ManifestDescriptor.FILE_OLDEST_CHECKPOINT_ID_OFFSET,
                file.identity().oldestCheckpointId());
        buffer.putLong(
                offset + ManifestDescriptor.FILE_NEWEST_CHECKPOINT_ID_OFFSET,
                file.identity().newestCheckpointId());
        buffer.putLong(offset + ManifestDescriptor.FILE_LENGTH_OFFSET, file.length());
        buffer.putLong(offset + ManifestDescriptor.FILE_PAGE_COUNT_OFFSET, file.pageCount());
        buffer.putLong(offset + ManifestDescriptor.FILE_LINE_COUNT_OFFSET, file.lineCount());
        buffer.putLong(offset + ManifestDescriptor.FILE_RAW_LENGTH_OFFSET, file.rawLength());
        buffer.putLong(offset + ManifestDescriptor.FILE_STORED_LENGTH_OFFSET, file.storedLength());
        buffer.putInt(offset + ManifestDescriptor.FILE_FOOTER_CHECKSUM_OFFSET, file.footerChecksum());
    }

    private static void putFooter(final ByteBuffer buffer, final int offset) {
        buffer.putLong(offset + FileFooterDescriptor.NOT_MAGIC_OFFSET, ~FileHeaderDescriptor.MAGIC);
        buffer.putLong(offset + FileFooterDescriptor.BODY_LENGTH_OFFSET, offset);
        buffer.putInt(offset + FileFooterDescriptor.ALGORITHM_OFFSET, FileFooterDescriptor.ALGORITHM_CRC32C);
        buffer.putInt(
                offset + FileFooterDescriptor.CHECKSUM_OFFSET,
                new Checksum().of(buffer, 0, offset + FileFooterDescriptor.CHECKSUM_OFFSET));
    }
}
