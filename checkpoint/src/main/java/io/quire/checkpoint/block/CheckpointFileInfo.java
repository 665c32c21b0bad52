/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.util.Objects;

/**
 * Everything a manifest says about a checkpoint file: enough to recognise exactly this file and no other.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param identity which file
 * @param length bytes of the file
 * @param footerChecksum checksum that ends the file; it covers, directly or through other checksums, every byte
 * @param pageCount pages that have an entry
 * @param lineCount 64-byte lines in all entries
 * @param rawLength bytes of all blocks before compression
 * @param storedLength bytes of all blocks after compression
 */
public record CheckpointFileInfo(
        CheckpointFileIdentity identity,
        long length,
        int footerChecksum,
        long pageCount,
        long lineCount,
        long rawLength,
        long storedLength) {
    /** Creates the description of a file. */
    public CheckpointFileInfo {
        Objects.requireNonNull(identity, "identity");
    }

    /** {@return name of the file in its directory} */
    public String fileName() {
        return identity.fileName();
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof CheckpointFileInfo that
                        && length == that.length
                        && footerChecksum == that.footerChecksum
                        && pageCount == that.pageCount
                        && lineCount == that.lineCount
                        && rawLength == that.rawLength
                        && storedLength == that.storedLength
                        && identity.equals(that.identity));
    }

    @Override
    public int hashCode() {
        return 31 * identity.hashCode() + footerChecksum;
    }
}
