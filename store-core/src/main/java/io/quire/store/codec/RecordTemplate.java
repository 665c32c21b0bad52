/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.agrona.MutableDirectBuffer;

/**
 * What {@link RecordAccess} defines a hidden class from for every type of record. Never used under its own name, where
 * it has no handles.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class RecordTemplate extends RecordAccess {
    private static final MethodHandle WRITE = handle(0);
    private static final MethodHandle READ = handle(1);

    RecordTemplate() {}

    private static MethodHandle handle(final int index) {
        try {
            return MethodHandles.classDataAt(
                    MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, MethodHandle.class, index);
        } catch (final IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    int write(final Object record, final MutableDirectBuffer buffer, final int offset) throws Throwable {
        return (int) WRITE.invokeExact(offset, buffer, record);
    }

    @Override
    Object read(final ValueReader in) throws Throwable {
        return (Object) READ.invokeExact(in);
    }
}
