/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.Lz4;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4JNIFastResetCompressor;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * The compressor of one writer, and the decompressor that all readers share: the native ones where they load,
 * otherwise those in Java, which know no acceleration.
 *
 * <p>Only the safe decompressor is used, which never writes beyond its target whatever the input is.
 *
 * <p>Threading: a compressor is confined to one thread; the decompressor is thread-safe.
 */
final class BlockCompression implements AutoCloseable {
    static final LZ4SafeDecompressor DECOMPRESSOR = Lz4.factory().safeDecompressor();

    private final LZ4Compressor compressor;

    BlockCompression(final int acceleration) {
        compressor = compressor(Lz4.factory(), acceleration);
    }

    static LZ4Compressor compressor(final LZ4Factory factory, final int acceleration) {
        try {
            return factory.fastResetCompressor(acceleration);
        } catch (final UnsupportedOperationException e) {
            return factory.fastCompressor(); // In Java there is only this one; both write the same format.
        }
    }

    LZ4Compressor compressor() {
        return compressor;
    }

    @Override
    public void close() {
        if (compressor instanceof LZ4JNIFastResetCompressor nativeCompressor) {
            nativeCompressor.close();
        }
    }
}
