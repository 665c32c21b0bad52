/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * File names are bytes, the JVM's arguments are characters of the locale: with {@code LC_ALL=C}, or with a name in
 * another encoding, the two do not meet, and the JVM cannot name the file. So arguments that did not survive are read
 * again as bytes, bytes that are not UTF-8 travel as the lone surrogates U+DC80..U+DCFF, and paths are made from
 * bytes.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class FileName {
    private static final char REPLACEMENT = '\uFFFD';
    private static final int ESCAPE_BASE = 0xDC00;
    private static final String HEX = "0123456789ABCDEF";

    /** Whether relative paths lead where the user means. */
    private static final boolean CURRENT_DIRECTORY_IS_KNOWN =
            Path.of("").toAbsolutePath().equals(currentDirectory());

    private FileName() {}

    /**
     * Repairs the arguments of the process where its locale could not read them.
     *
     * @param arguments as the main method got them
     * @return the same, with escaped bytes where characters were lost
     */
    public static String[] repaired(final String[] arguments) {
        boolean lost = false;
        for (final String argument : arguments) {
            lost |= argument.indexOf(REPLACEMENT) >= 0;
        }
        if (!lost) {
            return arguments;
        }
        final List<byte[]> raw;
        try {
            raw = split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
        } catch (final IOException e) {
            return arguments; // not Linux: the file will not be found, and the message says so
        }
        final int first = raw.size() - arguments.length;
        if (first < 0) {
            return arguments;
        }
        final String[] repaired = arguments.clone();
        for (int i = 0; i < repaired.length; i++) {
            if (repaired[i].indexOf(REPLACEMENT) >= 0) {
                repaired[i] = decode(raw.get(first + i));
            }
        }
        return repaired;
    }

    private static List<byte[]> split(final byte[] commandLine) {
        final List<byte[]> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                parts.add(java.util.Arrays.copyOfRange(commandLine, start, i));
                start = i + 1;
            }
        }
        return parts;
    }

    /**
     * Bytes to characters, such that {@link #encode(String)} gives the bytes back.
     *
     * @param bytes of a file name
     * @return UTF-8 as its characters, every other byte escaped
     */
    static String decode(final byte[] bytes) {
        final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        final ByteBuffer source = ByteBuffer.wrap(bytes);
        final CharBuffer target = CharBuffer.allocate(bytes.length + 1);
        while (true) {
            final CoderResult result = decoder.decode(source, target, true);
            if (!result.isError()) {
                return target.flip().toString();
            }
            for (int i = result.length(); i > 0; i--) {
                target.put((char) (ESCAPE_BASE + (source.get() & 0xFF)));
            }
            decoder.reset();
        }
    }

    /**
     * Characters to the bytes of a file name.
     *
     * @param name from an argument
     * @return its bytes
     */
    static byte[] encode(final String name) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(name.length() + 16);
        int i = 0;
        while (i < name.length()) {
            final int point = name.codePointAt(i);
            i += Character.charCount(point);
            if (point >= ESCAPE_BASE + 0x80 && point <= ESCAPE_BASE + 0xFF) {
                bytes.write(point - ESCAPE_BASE);
            } else {
                bytes.writeBytes(new String(Character.toChars(point)).getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    /**
     * The path that an argument names, whatever the locale.
     *
     * @param argument a file name, not empty
     * @return its path
     * @throws IllegalArgumentException when no file can have that name
     */
    public static Path path(final String argument) {
        final boolean plain = argument.chars().allMatch(c -> c < 0x80);
        if (plain && (argument.startsWith("/") || CURRENT_DIRECTORY_IS_KNOWN)) {
            return Path.of(argument);
        }
        final StringBuilder uri = new StringBuilder("file://");
        if (!argument.startsWith("/")) {
            uri.append(currentDirectory().toUri().getRawPath());
            if (uri.charAt(uri.length() - 1) != '/') {
                uri.append('/');
            }
        }
        for (final byte value : encode(argument)) {
            if (value == '/') {
                uri.append('/');
            } else {
                uri.append('%').append(HEX.charAt((value & 0xFF) >>> 4)).append(HEX.charAt(value & 0xF));
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    /** The current directory as the system has it; the JVM's own idea of it went through the locale too. */
    private static Path currentDirectory() {
        try {
            return Path.of("/proc/self/cwd").toRealPath();
        } catch (final IOException e) {
            return Path.of("").toAbsolutePath();
        }
    }

    /**
     * The bytes of a path as the file system has them.
     *
     * @param path absolute
     * @return its bytes, independent of the locale
     */
    public static byte[] bytes(final Path path) {
        final String encoded = path.toUri().getRawPath();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '%') {
                bytes.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(encoded.charAt(i));
            }
        }
        return bytes.toByteArray();
    }
}
