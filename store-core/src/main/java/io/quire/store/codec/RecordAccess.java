/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * Writes and reads the components of one type of record.
 *
 * <p>Design note: a method handle is as fast as code only where it is a constant. So there is a hidden class for each
 * type, defined from the class file of {@link RecordTemplate}, whose constants are the handles of that type.
 *
 * <p>Threading: thread-safe, immutable.
 */
abstract class RecordAccess {
    /**
     * Defines the class for a type of record.
     *
     * @param write {@code (int offset, MutableDirectBuffer, Object record)int}
     * @param read {@code (ValueReader)Object}
     */
    static RecordAccess of(final MethodHandle write, final MethodHandle read) {
        try (InputStream file = RecordTemplate.class.getResourceAsStream("RecordTemplate.class")) {
            if (file == null) {
                throw new ConfigurationException(
                        "the class file io/quire/store/codec/RecordTemplate.class is not on the class path as a"
                                + " resource");
            }
            final MethodHandles.Lookup hidden = MethodHandles.lookup()
                    .defineHiddenClassWithClassData(file.readAllBytes(), List.of(write, read), true);
            return (RecordAccess) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (final IOException | ReflectiveOperationException e) {
            throw new ConfigurationException("the class that writes and reads a record could not be defined", e);
        }
    }

    /** Writes a record inline and returns where the next value goes. */
    abstract int write(Object record, MutableDirectBuffer buffer, int offset) throws Throwable;

    /** Reads a record inline. */
    abstract Object read(ValueReader in) throws Throwable;
}
