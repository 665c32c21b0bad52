/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.ExpiryRule;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.codec.FlyweightCodec;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A codec as a state uses it for its values: it writes under the newest schema and reads under whichever one a value
 * was written. The schema is told by the last byte, the value's mark, or, where the codec keeps none, by the length. So
 * values written before the codec changed are read as they are and rewritten when they are next put.
 *
 * <p>Once the state has had a time to live, values carry the time at which they were written, between content and mark:
 *
 * <pre>
 *  0         length of the content   + 8
 *  +---------+-----------------------+--------------
 *  | content | timestamp, ms         | mark or tag
 *  +---------+-----------------------+--------------
 * </pre>
 *
 * <p>That is another mark, or another length. Where values have neither, a last byte that no content has, the tag,
 * tells those with a timestamp. Those without one count as written when the state first had a time to live. Where there
 * is no such byte either, all values have a timestamp or none has: see {@link FirstTimestamps}.
 *
 * <p>The codec follows the state: a time to live given to it through another handle counts from then on.
 *
 * <p>Threading: as thread-safe as the codec it was made of, by one thread at a time.
 *
 * @param <T> type of the values
 */
final class StoredCodec<T> implements Codec<T>, Timestamps {
    private static final int MARK_LENGTH = Byte.BYTES;
    private static final int TIMESTAMP_LENGTH = Long.BYTES;
    private static final int NO_MARK = -1;

    private final KeyedState state;
    private final ExpiryClock clock;
    private final Codec<T> codec;
    private final boolean marked;
    private final int tag;

    // What the state was when it was last looked at.
    private StateDescriptor known;
    private ExpiryRule rule;
    private Codec<T>[] readers; // by mark; null = cannot be read by the codec
    private boolean[] timestamped; // by mark
    private int[] trailerLengths; // by mark: bytes behind the content
    private int mark; // of what is written

    private StoredCodec(final KeyedState state, final Codec<T> codec) {
        this.state = state;
        this.codec = codec;
        clock = state.store.expiryClock();
        marked = codec.marked();
        tag = tag(codec);
    }

    /** Whether nothing tells values with a timestamp from those without. */
    static boolean needsCopyForTimestamps(final Codec<?> codec) {
        return !codec.marked() && codec.fixedLength() < 0 && tag(codec) == NO_MARK;
    }

    /** The codec for the values of a state that has been opened with it. */
    static <T> StoredCodec<T> of(final KeyedState state, final Codec<T> codec) {
        final StoredCodec<T> stored = new StoredCodec<>(state, codec);
        final StateDescriptor descriptor = state.descriptor();
        stored.follow(descriptor, readers(descriptor.codecs().get(CodecRole.VALUE), codec));
        return stored;
    }

    /** The same, to be used by another thread at the same time. */
    StoredCodec<T> copy() {
        return of(state, codec);
    }

    private static int tag(final Codec<?> codec) {
        return codec.marked() || codec.fixedLength() >= 0 ? NO_MARK : codec.unusedLastByte();
    }

    /**
     * What reads the values of each mark.
     *
     * @throws StateMismatchException when some cannot be read
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    static <T> Codec<T>[] readers(final CodecHistory history, final Codec<T> codec) {
        final List<CodecIdentity> identities = history.identities();
        final Codec<T>[] readers = new Codec[identities.size()];
        for (int i = 0; i < readers.length; i++) {
            if (identities.get(i).equals(CodecIdentity.NONE)) {
                continue; // dropped: no value has its mark
            }
            readers[i] = reader(identities.get(i), codec);
            for (int j = 0; j < i && !codec.marked(); j++) {
                if (readers[j] != null) {
                    checkTold(identities, readers, j, i, tag(codec) != NO_MARK);
                }
            }
        }
        return readers;
    }

    private static <T> Codec<T> reader(final CodecIdentity identity, final Codec<T> codec) {
        return identity.withTimestamps(false).equals(CodecIdentity.ofValues(codec)) ? codec : readerOf(identity, codec);
    }

    private static <T> Codec<T> readerOf(final CodecIdentity identity, final Codec<T> codec) {
        if (identity.marked() != codec.marked()) {
            throw new StateMismatchException(identity.marked() ? "its values are marked" : "its values are not marked");
        }
        return codec.readerOf(identity.id(), identity.version(), identity.schema());
    }

    /** Checks that values without marks can be told from each other. */
    private static void checkTold(
            final List<CodecIdentity> identities,
            final Codec<?>[] readers,
            final int earlier,
            final int later,
            final boolean tagged) {
        final CodecIdentity one = identities.get(earlier);
        final CodecIdentity other = identities.get(later);
        final boolean told;
        if (readers[earlier].fixedLength() >= 0 && readers[later].fixedLength() >= 0) {
            told = readers[earlier].fixedLength() + trailerLength(one, false)
                    != readers[later].fixedLength() + trailerLength(other, false);
        } else {
            told = tagged && one.withTimestamps(true).equals(other.withTimestamps(true));
        }
        if (!told) {
            throw new StateMismatchException("values are not marked, and their length does not tell them from"
                    + " those of " + one.describe() + (other.timestamped() ? " without timestamps" : ""));
        }
    }

    private static int trailerLength(final CodecIdentity identity, final boolean tagged) {
        return (identity.timestamped() ? TIMESTAMP_LENGTH + (tagged ? MARK_LENGTH : 0) : 0)
                + (identity.marked() ? MARK_LENGTH : 0);
    }

    /** Another handle of the state may have given it a time to live, or opened it with another codec. */
    @SuppressWarnings("ReferenceEquality") // another object is looked at again, equal or not
    private void follow() {
        final StateDescriptor descriptor = state.descriptor();
        if (descriptor != known) {
            final List<CodecIdentity> identities =
                    descriptor.codecs().get(CodecRole.VALUE).identities();
            final int before = readers.length;
            final Codec<T>[] more = Arrays.copyOf(readers, identities.size());
            for (int i = before; i < more.length; i++) {
                more[i] = readerOrNull(identities.get(i));
            }
            follow(descriptor, more);
        }
    }

    private Codec<T> readerOrNull(final CodecIdentity identity) {
        try {
            return reader(identity, codec);
        } catch (final StateMismatchException e) {
            return null; // an error once such a value is met
        }
    }

    private void follow(final StateDescriptor descriptor, final Codec<T>[] readersNow) {
        final CodecHistory history = descriptor.codecs().get(CodecRole.VALUE);
        final int count = history.identities().size();
        final boolean[] timestampedNow = new boolean[count];
        final int[] trailerLengthsNow = new int[count];
        for (int i = 0; i < count; i++) {
            final CodecIdentity identity = history.identities().get(i);
            timestampedNow[i] = identity.timestamped();
            trailerLengthsNow[i] = trailerLength(identity, tag != NO_MARK);
        }
        readers = readersNow;
        timestamped = timestampedNow;
        trailerLengths = trailerLengthsNow;
        mark = history.identities()
                .indexOf(CodecIdentity.ofValues(codec)
                        .withTimestamps(history.current().timestamped()));
        rule = descriptor.expiry();
        known = descriptor;
    }

    @Override
    public String id() {
        return codec.id();
    }

    @Override
    public int version() {
        return codec.version();
    }

    @Override
    public String schema() {
        return codec.schema();
    }

    @Override
    public int fixedLength() {
        follow();
        final int length = codec.fixedLength();
        return length < 0 ? VARIABLE_LENGTH : length + trailerLengths[writingMark()];
    }

    @Override
    public boolean marked() {
        return marked;
    }

    /** Whether a value was written under the mark that this one writes with. */
    boolean isCurrent(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return markOf(buffer, offset, length) == mark;
    }

    /**
     * Whether a value can get another timestamp: it carries one, or can be written anew with one. A flyweight over
     * bytes of an older schema cannot: it would write these bytes under the mark of the newest.
     */
    boolean mayRenew(final DirectBuffer buffer, final int offset, final int length) {
        return carriesTimestamp(buffer, offset, length) || mayEncodeAgain(buffer, offset, length);
    }

    /** Whether decoding a value and encoding what comes of it writes the same, in the newest form. */
    boolean mayEncodeAgain(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return makesObjects() || readers[markOf(buffer, offset, length)] == codec;
    }

    int mark() {
        follow();
        return mark;
    }

    /** Whether decoding makes an object of its own, which encoding writes in the newest form. */
    boolean makesObjects() {
        return !(codec instanceof FlyweightCodec);
    }

    private int writingMark() {
        if (mark == NO_MARK || !state.marks.mayWrite(mark)) {
            throw new StateMismatchException("the state was opened with another codec since, and has got a time to live"
                    + " or its values are being rewritten, or were: state=" + state.name() + "; open it again");
        }
        return mark;
    }

    /**
     * Where the state has had a time to live, with the time of now. A length that the codec cannot have written, as it
     * goes beyond the buffer, is refused; a smaller lie cannot be noticed.
     */
    @Override
    public int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        follow();
        final int length = codec.encode(value, buffer, offset);
        if (length < 0) {
            throw new IllegalStateException("codec returned a negative length: codec=" + codec.id());
        }
        if (length > 0) { // an empty value may begin behind the end of the buffer
            buffer.boundsCheck(offset, length); // before the trailer makes room for what was not written
        }
        final int writing = writingMark();
        if (trailerLengths[writing] == 0) {
            return length;
        }
        int end = offset + length;
        if (timestamped[writing]) {
            buffer.putLong(end, clock.nowMs(), ByteOrder.LITTLE_ENDIAN);
            end += TIMESTAMP_LENGTH;
            if (tag != NO_MARK) {
                buffer.putByte(end++, (byte) tag);
            }
        }
        if (marked) {
            buffer.putByte(end++, (byte) writing);
        }
        return end - offset;
    }

    /** Whether it has expired or not. */
    @Override
    public T decode(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return content(markOf(buffer, offset, length), buffer, offset, length);
    }

    /** The value, or null when it has expired. */
    T live(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        final int found = markOf(buffer, offset, length);
        return rule.isOn() && rule.expired(timestampOf(found, buffer, offset, length), clock.nowMs())
                ? null
                : content(found, buffer, offset, length);
    }

    @Override
    public boolean expiring() {
        follow();
        return rule.isOn();
    }

    /** Whether a read by key sets the timestamp. */
    boolean renewsOnRead() {
        follow();
        return rule.update() == ExpiryRule.ON_READ_AND_WRITE;
    }

    /** Whether overwriting a value leaves its timestamp as it is. */
    boolean keepsTimestamp() {
        follow();
        return rule.update() == ExpiryRule.ON_CREATE;
    }

    @Override
    public ExpiryRule rule() {
        follow();
        return rule;
    }

    boolean isExpired(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return rule.isOn() && rule.expired(timestampOf(buffer, offset, length), clock.nowMs());
    }

    @Override
    public long timestampOf(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return timestampOf(markOf(buffer, offset, length), buffer, offset, length);
    }

    private long timestampOf(final int found, final DirectBuffer buffer, final int offset, final int length) {
        return timestamped[found]
                ? buffer.getLong(offset + length - trailerLengths[found], ByteOrder.LITTLE_ENDIAN)
                : rule.sinceMs();
    }

    boolean carriesTimestamp(final DirectBuffer buffer, final int offset, final int length) {
        follow();
        return timestamped[markOf(buffer, offset, length)];
    }

    /** Where a timestamp begins, in bytes before the end of a value that carries one; the same for all. */
    int timestampFromEnd() {
        return TIMESTAMP_LENGTH + (tag != NO_MARK || marked ? MARK_LENGTH : 0);
    }

    /** Sets the timestamp of an encoded value; false when it carries none. */
    boolean setTimestamp(final MutableDirectBuffer buffer, final int offset, final int length, final long timestampMs) {
        final int found = markOf(buffer, offset, length);
        if (!timestamped[found]) {
            return false;
        }
        buffer.putLong(offset + length - trailerLengths[found], timestampMs, ByteOrder.LITTLE_ENDIAN);
        return true;
    }

    @Override
    public long nowMs() {
        return clock.nowMs();
    }

    private T content(final int found, final DirectBuffer buffer, final int offset, final int length) {
        final Codec<T> reader = readers[found];
        if (reader == null) {
            throw openedLater(found);
        }
        return reader.decode(buffer, offset, length - trailerLengths[found]);
    }

    private StateMismatchException openedLater(final int found) {
        return new StateMismatchException("value was written by a codec that the state was opened with later: state="
                + state.name() + " mark=" + found + "; open the state again");
    }

    /** The mark under which a value was written; its trailer is there. */
    private int markOf(final DirectBuffer buffer, final int offset, final int length) {
        final int found = marked
                ? markBehind(buffer, offset, length)
                : readers.length == 1 ? 0 : markOfUnmarked(buffer, offset, length);
        if (length < trailerLengths[found]) {
            throw new CorruptStoreException("value has no timestamp: state=" + state.name() + " length=" + length);
        }
        return found;
    }

    private int markBehind(final DirectBuffer buffer, final int offset, final int length) {
        if (length < MARK_LENGTH) {
            throw new CorruptStoreException("value has no mark: state=" + state.name() + " length=" + length);
        }
        final int found = buffer.getByte(offset + length - MARK_LENGTH) & 0xff;
        if (found >= readers.length) {
            throw new CorruptStoreException("value has a mark that no codec has: state=" + state.name() + " mark="
                    + found + " marks=" + readers.length);
        }
        return found;
    }

    private int markOfUnmarked(final DirectBuffer buffer, final int offset, final int length) {
        final boolean tagged = length > 0 && (buffer.getByte(offset + length - 1) & 0xff) == tag;
        for (int i = 0; i < readers.length; i++) {
            final int fixedLength = readers[i] == null ? VARIABLE_LENGTH : readers[i].fixedLength();
            if (fixedLength >= 0
                    ? fixedLength + trailerLengths[i] == length
                    : tag != NO_MARK && tagged == timestamped[i]) {
                return i;
            }
        }
        for (int i = 0; i < readers.length; i++) {
            if (readers[i] == null) {
                throw openedLater(i);
            }
        }
        return Math.max(mark, 0); // whose codec says what is wrong
    }
}
