/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.Set;
import org.agrona.MutableDirectBuffer;

/**
 * A count in variable length and the elements, in the order of iteration.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <E> type of the elements, never null
 * @param <C> kind of collection
 */
abstract class CollectionCodec<E, C extends Collection<E>> extends StructuredCodec<C> {
    private final StructuredCodec<E> element;

    private CollectionCodec(final Schema.Kind kind, final StructuredCodec<E> element) {
        super(Schema.of(kind, element.structure()));
        this.element = element;
    }

    /** Collects as many elements as are counted; every element has at least a byte, so the count is bounded. */
    abstract C read(ValueReader in, InlineReader<E> reader);

    @Override
    final int write(final C value, final MutableDirectBuffer buffer, final int offset) {
        final int count = value.size();
        int at = writeNumber(count, buffer, offset);
        if (value instanceof List<?> && value instanceof RandomAccess) {
            @SuppressWarnings("unchecked") // a collection of E that is a list is a list of E
            final List<E> list = (List<E>) value;
            for (int i = 0; i < count; i++) {
                at = element.write(checked(list.get(i)), buffer, at);
            }
            return at;
        }
        int written = 0;
        for (final E next : value) {
            at = element.write(checked(next), buffer, at);
            written++;
        }
        if (written != count) {
            throw new IllegalArgumentException(
                    "a collection changed while it was encoded: count=" + count + " written=" + written);
        }
        return at;
    }

    private static <E> E checked(final E element) {
        return Objects.requireNonNull(element, "a collection holds null, which its codec cannot write");
    }

    @Override
    final C read(final ValueReader in) {
        return read(in, element::read);
    }

    @Override
    final InlineReader<C> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != structure().kind()) {
            throw cannotRead(written);
        }
        final InlineReader<E> reader =
                element.resolve(written.parts().get(0), distinct || structure().kind() == Schema.Kind.SET);
        return in -> read(in, reader);
    }

    static final class OfList<E> extends CollectionCodec<E, List<E>> {
        OfList(final StructuredCodec<E> element) {
            super(Schema.Kind.LIST, element);
        }

        @Override
        List<E> read(final ValueReader in, final InlineReader<E> reader) {
            final int count = in.readCount();
            final List<E> list = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                list.add(reader.read(in));
            }
            return list;
        }
    }

    static final class OfSet<E> extends CollectionCodec<E, Set<E>> {
        OfSet(final StructuredCodec<E> element) {
            super(Schema.Kind.SET, element);
        }

        @Override
        Set<E> read(final ValueReader in, final InlineReader<E> reader) {
            final int count = in.readCount();
            final Set<E> set = new LinkedHashSet<>();
            for (int i = 0; i < count; i++) {
                if (!set.add(reader.read(in))) {
                    throw in.damaged("a set has an element twice");
                }
            }
            return set;
        }
    }
}
