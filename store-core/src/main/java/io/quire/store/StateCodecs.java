/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.ExpiryRule;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codec;
import io.quire.store.errors.StateMismatchException;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * The codecs that a state is to be opened with, its time to live, and what they do to a state that is there already:
 * nothing, when they are those it has; a new descriptor, when values written by those it has can be read; an error
 * otherwise.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class StateCodecs {
    /** For states without codecs. */
    static final StateCodecs NONE =
            new StateCodecs(new EnumMap<>(CodecRole.class), new EnumMap<>(CodecRole.class), null);

    private final Map<CodecRole, CodecIdentity> identities;
    private final Map<CodecRole, Codec<?>> codecs; // none for what has a width only
    private final TimeToLive timeToLive; // null leaves a state what it has

    private StateCodecs(
            final Map<CodecRole, CodecIdentity> identities,
            final Map<CodecRole, Codec<?>> codecs,
            final TimeToLive timeToLive) {
        this.identities = Collections.unmodifiableMap(identities);
        this.codecs = Collections.unmodifiableMap(codecs);
        this.timeToLive = timeToLive;
    }

    StateCodecs with(final TimeToLive ttl) {
        return new StateCodecs(identities, codecs, Objects.requireNonNull(ttl, "time to live"));
    }

    StateCodecs with(final CodecRole role, final Codec<?> codec) {
        return with(role, role.evolves() ? CodecIdentity.ofValues(codec) : CodecIdentity.ofKeys(codec), codec);
    }

    /** For bytes of a fixed width, which no codec writes and which cannot evolve. */
    StateCodecs withWidth(final CodecRole role, final CodecIdentity width) {
        return with(role, width, null);
    }

    private StateCodecs with(final CodecRole role, final CodecIdentity identity, final Codec<?> codec) {
        final Map<CodecRole, CodecIdentity> moreIdentities = new EnumMap<>(CodecRole.class);
        moreIdentities.putAll(identities);
        moreIdentities.put(role, identity);
        final Map<CodecRole, Codec<?>> moreCodecs = new EnumMap<>(CodecRole.class);
        moreCodecs.putAll(codecs);
        if (codec != null) {
            moreCodecs.put(role, codec);
        }
        return new StateCodecs(moreIdentities, moreCodecs, timeToLive);
    }

    /** What the catalog of a new state remembers. */
    Map<CodecRole, CodecHistory> histories() {
        final Map<CodecRole, CodecHistory> histories = new EnumMap<>(CodecRole.class);
        identities.keySet().forEach(role -> histories.put(role, CodecHistory.of(asked(role, CodecIdentity.NONE))));
        return histories;
    }

    /** What the catalog of a new state remembers of its time to live; the time is that of now. */
    ExpiryRule expiry(final long nowMs) {
        return timeToLive == null ? ExpiryRule.NONE : timeToLive.rule(ExpiryRule.NONE, nowMs);
    }

    /** Values that carry timestamps go on to do so; of those without a codec the time to live says whether they do. */
    private CodecIdentity asked(final CodecRole role, final CodecIdentity found) {
        final boolean expiring = timeToLive != null && timeToLive.isOn() && codecs.containsKey(role);
        return identities.get(role).withTimestamps(role == CodecRole.VALUE && (found.timestamped() || expiring));
    }

    /** What a state becomes when it is opened with these codecs now, with any mark that is free. */
    StateDescriptor evolved(final StateDescriptor found, final long nowMs) {
        return evolved(found, new BitSet(), nowMs);
    }

    /**
     * What a state becomes when it is opened with these codecs; the time is that of now.
     *
     * @param takenMarks marks that a codec of values that is new to the state may not be given
     * @return the same descriptor when nothing changes
     * @throws StateMismatchException when what the state holds cannot be read
     */
    StateDescriptor evolved(final StateDescriptor found, final BitSet takenMarks, final long nowMs) {
        checkRoles(found);
        StateDescriptor evolved = found;
        for (final CodecRole role : identities.keySet()) {
            final CodecIdentity asked = asked(role, found.codec(role));
            if (!found.codec(role).equals(asked)) {
                evolved = evolved.with(role, evolved(found, role, asked, takenMarks));
            }
        }
        return timeToLive == null ? evolved : evolved.with(timeToLive.rule(found.expiry(), nowMs));
    }

    /** Checks that the state has a codec for what it is asked to have one for, and for nothing else. */
    private void checkRoles(final StateDescriptor found) {
        if (found.codecs().keySet().equals(identities.keySet())) {
            return;
        }
        for (final CodecRole role : CodecRole.values()) {
            final CodecIdentity asked = identities.getOrDefault(role, CodecIdentity.NONE);
            if (found.codecs().containsKey(role) != identities.containsKey(role)) {
                throw mismatch(found, role, asked, "codecs cannot be added to a state or taken from it", null);
            }
        }
    }

    private CodecHistory evolved(
            final StateDescriptor found, final CodecRole role, final CodecIdentity asked, final BitSet takenMarks) {
        if (!role.evolves() || !codecs.containsKey(role)) {
            final String why = role.evolves() ? "a width cannot change" : "what is hashed cannot change its form";
            throw mismatch(found, role, asked, why, null);
        }
        final CodecHistory before = found.codecs().get(role);
        final CodecHistory copied = before.onlyCurrent(true);
        if (copied.current().equals(asked) && StoredCodec.needsCopyForTimestamps(codecs.get(role))) {
            return copied;
        }
        final CodecHistory history = before.with(asked, takenMarks);
        try {
            StoredCodec.readers(history, codecs.get(role));
        } catch (final StateMismatchException e) {
            throw mismatch(found, role, asked, e.getMessage(), e);
        }
        return history;
    }

    private static StateMismatchException mismatch(
            final StateDescriptor found,
            final CodecRole role,
            final CodecIdentity asked,
            final String why,
            final StateMismatchException cause) {
        return new StateMismatchException(
                "state exists with another codec: state=" + found.name() + " role=" + role + " found="
                        + found.codec(role).describe() + " asked for=" + asked.describe() + ": " + why
                        + "; nothing was changed",
                cause);
    }
}
