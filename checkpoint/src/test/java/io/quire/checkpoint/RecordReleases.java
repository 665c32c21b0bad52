/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregateFunction;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.util.List;
import java.util.Random;

/**
 * A record in three releases of a program, 0 to 2: components are added, removed, moved and have defaults. Each release
 * reads what every other one has written, and may lose what it has no component for. What goes through releases in
 * their order comes out as if it had gone to the last one at once.
 */
final class RecordReleases {
    static final int COUNT = 3;

    record First(long amount, String text) {}

    record Second(String text, long amount, int added) {}

    record Third(long amount, int added, List<Integer> more) {}

    private static final String TEXT_DEFAULT = "gone";
    private static final int ADDED_DEFAULT = 7;
    private static final List<Integer> MORE_DEFAULT = List.of(1);

    private static final List<Codec<?>> CODECS = List.of(
            Codecs.record(First.class).withDefault("text", TEXT_DEFAULT),
            Codecs.record(Second.class).withDefault("added", ADDED_DEFAULT).withDefault("text", TEXT_DEFAULT),
            Codecs.record(Third.class).withDefault("added", ADDED_DEFAULT).withDefault("more", MORE_DEFAULT));

    private RecordReleases() {}

    @SuppressWarnings("unchecked") // each is only given records of its own class
    static Codec<Object> codec(final int release) {
        return (Codec<Object>) CODECS.get(release);
    }

    /** A record with as many of these as a release has components for. */
    static Object of(
            final int release, final long amount, final String text, final int added, final List<Integer> more) {
        return switch (release) {
            case 0 -> new First(amount, text);
            case 1 -> new Second(text, amount, added);
            default -> new Third(amount, added, more);
        };
    }

    static Object random(final int release, final Random random) {
        final String text = random.nextInt(4) == 0 ? null : "t".repeat(random.nextInt(100));
        return of(release, random.nextLong(), text, random.nextInt(), List.of(random.nextInt(), random.nextInt()));
    }

    /** What a release makes of a record that some other one has written; null of null. */
    static Object as(final int release, final Object record) {
        if (record instanceof First first) {
            return of(release, first.amount(), first.text(), ADDED_DEFAULT, MORE_DEFAULT);
        }
        if (record instanceof Second second) {
            return of(release, second.amount(), second.text(), second.added(), MORE_DEFAULT);
        }
        return record instanceof Third third
                ? of(release, third.amount(), TEXT_DEFAULT, third.added(), third.more())
                : null;
    }

    /** Makes one record of two of a release: neither of them alone, and not the same the other way round. */
    static Object reduced(final int release, final Object first, final Object second) {
        return switch (release) {
            case 0 -> {
                final First one = (First) first;
                final First other = (First) second;
                yield new First(one.amount() * 3 + other.amount(), one.text());
            }
            case 1 -> {
                final Second one = (Second) first;
                final Second other = (Second) second;
                yield new Second(other.text(), one.amount() * 3 + other.amount(), one.added() + 1);
            }
            default -> {
                final Third one = (Third) first;
                final Third other = (Third) second;
                yield new Third(one.amount() * 3 + other.amount(), one.added() - 1, other.more());
            }
        };
    }

    /** Adds longs to an accumulator that is a record of a release; its result is the record as text. */
    record Aggregate(int release) implements AggregateFunction<Long, Object, String> {
        @Override
        public Object createAccumulator() {
            return of(release, 0, "new", 100, List.of());
        }

        @Override
        public Object add(final Long value, final Object accumulator) {
            return reduced(release, accumulator, of(release, value, "t" + value, 0, List.of(value.intValue())));
        }

        @Override
        public String getResult(final Object accumulator) {
            return accumulator.toString();
        }

        @Override
        public Object merge(final Object first, final Object second) {
            return reduced(release, first, second);
        }
    }
}
