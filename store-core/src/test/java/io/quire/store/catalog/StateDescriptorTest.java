/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateDescriptorTest {
    private static final CodecIdentity KEY = new CodecIdentity("k", 1, "", false);
    private static final CodecIdentity FIRST = new CodecIdentity("v", 1, "s", true);
    private static final CodecIdentity SECOND = new CodecIdentity("v", 2, "tü", true);
    private static final StateDescriptor STATE = new StateDescriptor(
            7,
            "name",
            StateKind.VALUE,
            Map.of(CodecRole.KEY, CodecHistory.of(KEY), CodecRole.VALUE, new CodecHistory(List.of(FIRST, SECOND), 1)));
    private static final String ENCODED = "07000000" + "03000000" + "03000000" + "00000000"
            + "15000000" + "0100" + "01" + "01" + "00000000" + "01000000" + "01000000" + "6b"
            + "16000000" + "0100" + "02" + "02" + "00000000" + "01000000" + "01000000" + "76" + "73"
            + "18000000" + "0100" + "02" + "03" + "01000000" + "02000000" + "01000000" + "76" + "74c3bc";

    @Test
    void shouldKeepItsLayout() {
        assertThat(StateDescriptor.SECTIONS_OFFSET).isEqualTo(16);
        assertThat(StateDescriptor.SECTION_HEADER_LENGTH).isEqualTo(20);
        assertThat(HexFormat.of().formatHex(STATE.encode())).isEqualTo(ENCODED);
        assertThat(StateDescriptor.decode("name", HexFormat.of().parseHex(ENCODED)))
                .isEqualTo(STATE);
        assertThat(Arrays.stream(CodecRole.values()).map(CodecRole::code)).containsExactly(1, 2, 3, 4);
        final StateDescriptor bare =
                new StateDescriptor(1, "n", StateKind.LONG_LONG, CodecIdentity.NONE, CodecIdentity.NONE);
        assertThat(HexFormat.of().formatHex(bare.encode())).isEqualTo("01000000010000000000000000000000");
        assertThat(StateDescriptor.decode("n", bare.encode())).isEqualTo(bare);
        assertThat(bare.keyCodec()).isEqualTo(CodecIdentity.NONE);
    }

    @Test
    void shouldRefuseEveryTruncationAndExtension() {
        final byte[] bytes = STATE.encode();
        for (int length = 0; length <= bytes.length + 20; length++) {
            if (length != bytes.length) {
                final byte[] other = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> StateDescriptor.decode("name", other))
                        .as("length %d", length)
                        .isInstanceOf(CorruptStoreException.class);
            }
        }
    }

    @Test
    void shouldRefuseEveryDamageOrReadADescriptor() {
        final byte[] bytes = STATE.encode();
        int refused = 0;
        for (int i = 0; i < bytes.length * 8; i++) {
            final byte[] damaged = bytes.clone();
            damaged[i / 8] ^= (byte) (1 << i % 8);
            try {
                assertThat(StateDescriptor.decode("name", damaged)).isNotEqualTo(STATE);
            } catch (final CorruptStoreException | FormatTooNewException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(bytes.length * 4);
    }

    @Test
    void shouldSayThatASectionIsNewer() {
        final byte[] bytes = STATE.encode();
        bytes[16 + StateDescriptor.SECTION_TYPE_OFFSET] = 3;
        assertThatThrownBy(() -> StateDescriptor.decode("name", bytes))
                .isInstanceOf(FormatTooNewException.class)
                .hasMessageContaining("sectionType=3");
    }

    @Test
    void shouldKeepTheLayoutOfTimeToLiveAndTimestamps() {
        final CodecIdentity timestamped = FIRST.withTimestamps(true);
        final StateDescriptor state = new StateDescriptor(
                7,
                "name",
                StateKind.VALUE,
                Map.of(CodecRole.VALUE, new CodecHistory(List.of(FIRST, timestamped), 1)),
                new ExpiryRule(ExpiryRule.ON_CREATE_AND_WRITE, 0x0102, -2));
        final String encoded = "07000000" + "03000000" + "03000000" + "00000000"
                + "16000000" + "0100" + "02" + "02" + "00000000" + "01000000" + "01000000" + "76" + "73"
                + "16000000" + "0100" + "02" + "07" + "01000000" + "01000000" + "01000000" + "76" + "73"
                + "18000000" + "0200" + "02" + "00" + "0201000000000000" + "feffffffffffffff";
        assertThat(HexFormat.of().formatHex(state.encode())).isEqualTo(encoded);
        assertThat(StateDescriptor.decode("name", state.encode())).isEqualTo(state);
        final byte[] bytes = state.encode();
        int refused = 0;
        for (int i = 0; i < bytes.length * 8; i++) {
            final byte[] damaged = bytes.clone();
            damaged[i / 8] ^= (byte) (1 << i % 8);
            try {
                assertThat(StateDescriptor.decode("name", damaged)).isNotEqualTo(state);
            } catch (final CorruptStoreException | FormatTooNewException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(bytes.length * 3);
        for (int length = 0; length < bytes.length; length++) {
            final byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> StateDescriptor.decode("name", cut)).isInstanceOf(CorruptStoreException.class);
        }
    }

    @Test
    void shouldContinueWithAnotherTimeToLiveButNotWithOtherAges() {
        final StateDescriptor on = STATE.with(new ExpiryRule(ExpiryRule.ON_CREATE, 5, 100));
        assertThat(on.continues(STATE)).isTrue();
        assertThat(STATE.continues(on)).isFalse();
        assertThat(STATE.with(new ExpiryRule(ExpiryRule.ON_READ_AND_WRITE, 6, 100))
                        .continues(on))
                .isTrue();
        assertThat(STATE.with(on.expiry().off()).continues(on)).isTrue();
        assertThat(STATE.with(new ExpiryRule(ExpiryRule.ON_CREATE, 5, 101)).continues(on))
                .isFalse();
        assertThat(on.with(CodecRole.VALUE, CodecHistory.of(FIRST)).expiry()).isEqualTo(on.expiry());
    }

    @Test
    void shouldExpireExactlyAndNeverOverflow() {
        final ExpiryRule rule = new ExpiryRule(ExpiryRule.ON_CREATE_AND_WRITE, 10, 0);
        assertThat(rule.expired(100, 109)).isFalse();
        assertThat(rule.expired(100, 110)).isTrue();
        assertThat(rule.expired(100, Long.MIN_VALUE)).isFalse();
        assertThat(rule.expired(Long.MIN_VALUE, Long.MIN_VALUE + 9)).isFalse();
        assertThat(rule.expired(Long.MIN_VALUE, Long.MIN_VALUE + 10)).isTrue();
        assertThat(rule.expired(Long.MIN_VALUE, Long.MAX_VALUE)).isTrue();
        assertThat(rule.expired(Long.MAX_VALUE - 9, Long.MAX_VALUE)).isFalse();
        assertThat(rule.expired(Long.MAX_VALUE - 10, Long.MAX_VALUE)).isTrue();
        final ExpiryRule longest = new ExpiryRule(ExpiryRule.ON_CREATE, Long.MAX_VALUE, 0);
        assertThat(longest.expired(0, Long.MAX_VALUE - 1)).isFalse();
        assertThat(longest.expired(0, Long.MAX_VALUE)).isTrue();
        assertThat(longest.expired(Long.MIN_VALUE, -2)).isFalse();
        assertThat(longest.expired(Long.MIN_VALUE, -1)).isTrue();
        assertThat(longest.expired(1, Long.MAX_VALUE)).isFalse();
        assertThat(rule.off().expired(Long.MIN_VALUE, Long.MAX_VALUE)).isFalse();
        assertThat(ExpiryRule.NONE.expired(Long.MIN_VALUE, Long.MAX_VALUE)).isFalse();
        assertThat(ExpiryRule.NONE.off()).isEqualTo(ExpiryRule.NONE);
        assertThatThrownBy(() -> new ExpiryRule(ExpiryRule.ON_CREATE, 0, 0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new ExpiryRule(4, 1, 0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new ExpiryRule(-1, 1, 0)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldRefuseARoleWithTwoCurrentCodecsOrNone() {
        final byte[] two = STATE.encode();
        two[16 + 21 + StateDescriptor.SECTION_FLAGS_OFFSET] |= StateDescriptor.FLAG_CURRENT;
        assertThatThrownBy(() -> StateDescriptor.decode("name", two)).isInstanceOf(CorruptStoreException.class);
        final byte[] none = STATE.encode();
        none[16 + StateDescriptor.SECTION_FLAGS_OFFSET] = 0;
        assertThatThrownBy(() -> StateDescriptor.decode("name", none)).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldKeepMarksWhenACodecIsUsedAgain() {
        final CodecHistory history = CodecHistory.of(FIRST).with(SECOND);
        assertThat(history.mark()).isEqualTo(1);
        assertThat(history.with(FIRST).mark()).isZero();
        assertThat(history.with(FIRST).identities()).containsExactly(FIRST, SECOND);
        assertThat(history.continues(CodecHistory.of(FIRST))).isTrue();
        assertThat(history.with(FIRST).continues(history)).isTrue();
        assertThat(CodecHistory.of(FIRST).continues(history)).isFalse();
        assertThat(history.continues(CodecHistory.of(SECOND))).isFalse();
        CodecHistory full = CodecHistory.of(FIRST);
        for (int i = 1; i < CodecHistory.COUNT_MAX; i++) {
            full = full.with(new CodecIdentity("v", i + 1, "", true));
        }
        final CodecHistory last = full;
        assertThat(last.mark()).isEqualTo(254);
        assertThatThrownBy(() -> last.with(SECOND.id().isEmpty() ? FIRST : new CodecIdentity("w", 1, "", true)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("count=256");
        final StateDescriptor many = STATE.with(CodecRole.VALUE, last);
        assertThat(StateDescriptor.decode("name", many.encode())).isEqualTo(many);
    }

    @Test
    void shouldLeaveOutCodecsThatWereDropped() {
        final CodecIdentity third = new CodecIdentity("v", 3, "", true);
        final CodecHistory before =
                CodecHistory.of(FIRST).with(SECOND).with(third).with(SECOND);
        final CodecHistory pruned = before.onlyCurrent();
        assertThat(pruned.identities()).containsExactly(CodecIdentity.NONE, SECOND);
        assertThat(pruned.mark()).isEqualTo(1);
        assertThat(pruned.continues(before)).isTrue();
        assertThat(before.with(third).onlyCurrent().continues(before))
                .as("another codec than the one that writes is left")
                .isFalse();
        assertThat(new CodecHistory(List.of(CodecIdentity.NONE, SECOND, third), 1).continues(before))
                .as("only all others may be dropped")
                .isFalse();
        final StateDescriptor state = STATE.with(CodecRole.VALUE, pruned);
        assertThat(HexFormat.of().formatHex(state.encode()))
                .isEqualTo("07000000" + "03000000" + "02000000" + "00000000"
                        + "15000000" + "0100" + "01" + "01" + "00000000" + "01000000" + "01000000" + "6b"
                        + "18000000" + "0100" + "02" + "03" + "01000000" + "02000000" + "01000000" + "76" + "74c3bc");
        assertThat(StateDescriptor.decode("name", state.encode())).isEqualTo(state);
        assertThat(pruned.with(FIRST).mark())
                .as("not its old mark while another is free")
                .isEqualTo(2);
        assertThat(pruned.with(FIRST).continues(pruned)).isTrue();
        assertThatThrownBy(() -> new CodecHistory(List.of(CodecIdentity.NONE, SECOND), 0))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldGiveDroppedMarksAwayLast() {
        CodecHistory full = CodecHistory.of(FIRST);
        for (int i = 1; i < CodecHistory.COUNT_MAX; i++) {
            full = full.with(new CodecIdentity("v", i + 1, "", true));
        }
        final CodecHistory last = full.onlyCurrent();
        assertThat(last.mark()).isEqualTo(254);
        assertThat(last.with(FIRST).mark()).isZero();
        final BitSet taken = new BitSet();
        taken.set(0, 7);
        assertThat(last.with(FIRST, taken).mark()).isEqualTo(7);
        assertThat(last.with(FIRST, taken).continues(last)).isTrue();
        taken.set(0, 254);
        assertThatThrownBy(() -> last.with(FIRST, taken)).isInstanceOf(ConfigurationException.class);
        final StateDescriptor state = STATE.with(CodecRole.VALUE, last);
        assertThat(StateDescriptor.decode("name", state.encode())).isEqualTo(state);
    }

    @Test
    void shouldRefuseMarksOfKeysThatAreMissing() {
        final byte[] bytes = STATE.encode();
        bytes[16 + StateDescriptor.SECTION_MARK_OFFSET] = 1;
        assertThatThrownBy(() -> StateDescriptor.decode("name", bytes)).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldOnlyContinueWhereACodecMayEvolve() {
        final StateDescriptor other = STATE.with(
                CodecRole.VALUE, STATE.codecs().get(CodecRole.VALUE).with(new CodecIdentity("v", 3, "", true)));
        assertThat(other.continues(STATE)).isTrue();
        assertThat(STATE.continues(other)).isFalse();
        assertThat(STATE.with(CodecRole.KEY, CodecHistory.of(KEY).with(SECOND)).continues(STATE))
                .isFalse();
        assertThat(STATE.with(CodecRole.NAMESPACE, CodecHistory.of(KEY)).continues(STATE))
                .isFalse();
        assertThat(new StateDescriptor(8, "name", StateKind.VALUE, STATE.codecs()).continues(STATE))
                .isFalse();
    }

    @Test
    void shouldRefuseIdentitiesThatDoNotFit() {
        assertThatThrownBy(() -> new CodecIdentity("x".repeat(256), 1, "", true))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new CodecIdentity("x", 1, "x".repeat(Codec.SCHEMA_LENGTH_MAX + 1), true))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new CodecIdentity("\ud800", 1, "", true)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new CodecIdentity("x", 1, null, true)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldRefuseSchemasThatAreTooLongTogether() {
        CodecHistory history = CodecHistory.of(FIRST);
        for (int i = 0; i < 254; i++) {
            history = history.with(new CodecIdentity("v", i + 2, "\u20ac".repeat(Codec.SCHEMA_LENGTH_MAX), true));
        }
        final StateDescriptor large = STATE.with(CodecRole.VALUE, history);
        assertThatThrownBy(large::encode)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("too long together");
    }
}
