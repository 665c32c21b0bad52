/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * The compressor and the decompressor that all blocks share: the native ones where they load, otherwise those in
 * Java. Only the safe decompressor is used, which never writes beyond its target whatever the input is.
 *
 * <p>Threading: thread-safe.
 */
final class BlockCompression {
    static final LZ4Compressor COMPRESSOR;
    static final LZ4SafeDecompressor DECOMPRESSOR;

    static {
        final LZ4Factory factory = LZ4Factory.fastestInstance();
        COMPRESSOR = factory.fastCompressor();
        DECOMPRESSOR = factory.safeDecompressor();
    }

    private BlockCompression() {}
}
