/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.StateMismatchException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.MutableDirectBuffer;

/**
 * Constants of an enum, as an index into the table of names in the schema. Constants can be added and reordered;
 * reading a value whose constant is gone is an error.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <E> the enum
 */
final class EnumCodec<E extends Enum<E>> extends StructuredCodec<E> {
    private final E[] constants;

    EnumCodec(final Class<E> type) {
        super(new Schema(Schema.Kind.ENUM, false, names(type.getEnumConstants()), List.of()));
        constants = type.getEnumConstants();
    }

    private static List<String> names(final Enum<?>[] constants) {
        final List<String> names = new ArrayList<>();
        for (final Enum<?> constant : constants) {
            names.add(constant.name());
        }
        return names;
    }

    @Override
    @SuppressWarnings("EnumOrdinal") // the schema lists the names in the order of this very class
    int write(final E value, final MutableDirectBuffer buffer, final int offset) {
        return writeNumber(value.ordinal(), buffer, offset);
    }

    @Override
    E read(final ValueReader in) {
        return constants[readIndex(in, constants.length)];
    }

    private static int readIndex(final ValueReader in, final int count) {
        final int index = in.readNumber();
        if (index >= count) {
            throw in.damaged("index of an enum constant=" + index + " constants=" + count);
        }
        return index;
    }

    @Override
    InlineReader<E> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != Schema.Kind.ENUM) {
            throw cannotRead(written);
        }
        final Map<String, E> byName = new HashMap<>();
        for (final E constant : constants) {
            byName.put(constant.name(), constant);
        }
        final List<E> table = new ArrayList<>();
        for (final String name : written.names()) {
            table.add(byName.get(name));
        }
        return in -> {
            final int index = readIndex(in, table.size());
            final E constant = table.get(index);
            if (constant == null) {
                throw new StateMismatchException("a value holds an enum constant that is gone: found="
                        + written.names().get(index) + " expected one of "
                        + structure().names()
                        + "; bring it back, or read and replace the value with a version that has it");
            }
            return constant;
        };
    }
}
