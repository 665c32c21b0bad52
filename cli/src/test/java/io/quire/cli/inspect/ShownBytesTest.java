/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.cli.inspect.ShownBytes.Form;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ShownBytesTest {
    private static String shown(final int lengthMax, final byte... bytes) {
        final StringBuilder text = new StringBuilder();
        new ShownBytes(lengthMax).appendText(text, Form.BYTES, new UnsafeBuffer(bytes));
        final StringBuilder json = new StringBuilder();
        new ShownBytes(lengthMax).appendJson(json, Form.BYTES, new UnsafeBuffer(bytes));
        return text + " " + json;
    }

    private static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowTextWithoutTheCharacterThatWasCut() {
        final byte[] text = utf8("ab\u00fc\u20ac\ud83d\ude00"); // of 1, 1, 2, 3 and 4 bytes
        assertThat(shown(2, text)).isEqualTo("\"ab\"...(11) {\"length\":11,\"text\":\"ab\",\"cut\":true}");
        assertThat(shown(3, text)).startsWith("\"ab\"...(11)");
        assertThat(shown(4, text)).startsWith("\"ab\u00fc\"...(11)");
        assertThat(shown(6, text)).startsWith("\"ab\u00fc\"...(11)");
        assertThat(shown(7, text)).startsWith("\"ab\u00fc\u20ac\"...(11)");
        assertThat(shown(10, text)).startsWith("\"ab\u00fc\u20ac\"...(11)");
        assertThat(shown(11, text)).startsWith("\"ab\u00fc\u20ac\ud83d\ude00\" ");
        assertThat(shown(12, text)).startsWith("\"ab\u00fc\u20ac\ud83d\ude00\" ");
    }

    @Test
    void shouldHideNoByteOfWhatIsShownWhole() {
        for (final int lead : new int[] {0xC3, 0xE2, 0xF0}) {
            final String hex = "0x6162" + Integer.toHexString(lead);
            for (int lengthMax = 3; lengthMax <= 5; lengthMax++) {
                assertThat(shown(lengthMax, (byte) 'a', (byte) 'b', (byte) lead))
                        .as("lengthMax=" + lengthMax)
                        .isEqualTo(hex + " {\"length\":3,\"hex\":\"" + hex.substring(2) + "\"}");
            }
        }
    }

    @Test
    void shouldNotTakeForTheBeginningOfACharacterWhatBeginsNone() {
        for (final int none : new int[] {0x80, 0xC0, 0xC1, 0xF5, 0xFF}) {
            assertThat(shown(3, (byte) 'a', (byte) 'b', (byte) none, (byte) 'c'))
                    .startsWith("0x6162" + Integer.toHexString(none) + "...(4)");
        }
    }
}
