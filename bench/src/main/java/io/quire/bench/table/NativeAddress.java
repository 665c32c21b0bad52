/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

import java.nio.ByteBuffer;
import org.agrona.BufferUtil;

/**
 * Where a direct buffer lies.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class NativeAddress {
    private NativeAddress() {}

    /**
     * Tells the native pointer of a direct buffer's first byte; the caller keeps the buffer reachable.
     *
     * @param buffer direct
     * @return native pointer
     */
    public static long of(final ByteBuffer buffer) {
        return BufferUtil.address(buffer);
    }
}
