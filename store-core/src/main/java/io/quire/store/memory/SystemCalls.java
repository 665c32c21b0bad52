/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The few functions of the C library that give live memory what plain Java cannot: huge pages, pages mapped ahead of
 * their first touch, space of a file taken without writing it, and an address range put in the place of another.
 *
 * <p>They are reached through {@code java.lang.foreign}, which is there from Java 22 on. This class is compiled for 17,
 * so it looks that API up by name, once; afterwards a call is an exact method handle like any other. Where something is
 * missing (an older Java, another system, native access refused by {@code --illegal-native-access=deny}) there is no
 * instance, {@link #missing} says why, and live memory does without.
 *
 * <p>The constants are those of Linux on x86-64 and AArch64, which agree.
 *
 * <p>Threading: thread-safe.
 */
final class SystemCalls {
    /** What the functions return for a file system without room. */
    static final int ENOSPC = 28;
    /** What they return when the system has no memory left to give. */
    static final int ENOMEM = 12;
    /** What they return when the user's quota is used up. */
    static final int EDQUOT = 122;

    private static final int EINTR = 4;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
    private static final int MAP_FIXED = 0x10;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_WRITE = 23;
    private static final int O_RDWR_CLOEXEC = 0x2 | 0x80000;
    private static final int JAVA_WITH_FOREIGN_API = 22;

    private static final String MISSING;
    private static final SystemCalls INSTANCE;

    static {
        SystemCalls calls = null;
        String missing = unsupported();
        if (missing.isEmpty()) {
            try {
                calls = new SystemCalls(new Linker());
            } catch (final InvocationTargetException e) {
                missing = e.getCause() instanceof IllegalCallerException
                        ? "native access is not enabled"
                        : String.valueOf(e.getCause());
            } catch (final ReflectiveOperationException | RuntimeException e) {
                missing = e.toString();
            }
        }
        MISSING = missing;
        INSTANCE = calls;
    }

    private final MethodHandle mmap;
    private final MethodHandle munmap;
    private final MethodHandle madvise;
    private final boolean populates;
    private final Linker linker;
    private volatile FileCalls fileCalls; // null until a file is used: to link takes a young JVM milliseconds

    private SystemCalls(final Linker linker) throws ReflectiveOperationException {
        this.linker = linker;
        mmap = linker.link("mmap", long.class, long.class, long.class, int.class, int.class, int.class, long.class);
        munmap = linker.link("munmap", int.class, long.class, long.class);
        madvise = linker.link("madvise", int.class, long.class, long.class, int.class);
        populates = tryPopulate();
    }

    /** What live memory in files needs besides. */
    private record FileCalls(MethodHandle posixFallocate, MethodHandle open, MethodHandle close) {}

    private FileCalls fileCalls() {
        FileCalls calls = fileCalls;
        if (calls == null) {
            try {
                calls = new FileCalls(
                        linker.link("posix_fallocate", int.class, int.class, long.class, long.class),
                        linker.link("open", int.class, long.class, int.class),
                        linker.link("close", int.class, int.class));
            } catch (final ReflectiveOperationException e) {
                throw new IllegalStateException("a function of every C library is missing", e);
            }
            fileCalls = calls; // whoever links them at the same time links the same
        }
        return calls;
    }

    /** The calls, or null where there are none. */
    static SystemCalls instance() {
        return INSTANCE;
    }

    /** Why there are none, in words that fit into a parenthesis; empty when there are. */
    static String missing() {
        return MISSING;
    }

    private static String unsupported() {
        if (Runtime.version().feature() < JAVA_WITH_FOREIGN_API) {
            return "needs Java " + JAVA_WITH_FOREIGN_API;
        }
        final String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        final String machine = System.getProperty("os.arch", "");
        return system.equals("linux") && (machine.equals("amd64") || machine.equals("aarch64"))
                ? ""
                : "not known for " + system + " on " + machine;
    }

    private boolean tryPopulate() {
        final long page = map(PageDescriptor.PAGE_LENGTH);
        if (page == 0) {
            return false;
        }
        final boolean populated = advise(page, PageDescriptor.PAGE_LENGTH, MADV_POPULATE_WRITE);
        unmap(page, PageDescriptor.PAGE_LENGTH);
        return populated;
    }

    /** Whether {@link #populate} works here: Linux 5.14. */
    boolean populates() {
        return populates;
    }

    /** Maps private memory that takes no room before it is touched and then is zero; 0 when there is no range. */
    long map(final long length) {
        try {
            final long pointer =
                    (long) mmap.invokeExact(0L, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
            return pointer == -1 ? 0 : pointer;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Puts such memory in the place of what is mapped at a range; returns whether that went well. */
    boolean mapOver(final long pointer, final long length) {
        try {
            final int flags = MAP_PRIVATE_ANONYMOUS_NORESERVE | MAP_FIXED;
            return (long) mmap.invokeExact(pointer, length, PROT_READ_WRITE, flags, -1, 0L) == pointer;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Unmaps a range from {@link #map}. */
    void unmap(final long pointer, final long length) {
        try {
            final int result = (int) munmap.invokeExact(pointer, length);
            assert result == 0 : "munmap failed: pointer=" + pointer + " length=" + length;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Asks for huge pages in a range; returns false when the kernel has none. */
    boolean adviseHugePages(final long pointer, final long length) {
        return advise(pointer, length, MADV_HUGEPAGE);
    }

    /**
     * Takes the pages of a range and maps them writable, as if each had been touched; what they hold stays. Where a
     * touch would have been a signal, this returns false.
     */
    boolean populate(final long pointer, final long length) {
        return advise(pointer, length, MADV_POPULATE_WRITE);
    }

    private boolean advise(final long pointer, final long length, final int advice) {
        try {
            return (int) madvise.invokeExact(pointer, length, advice) == 0;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Opens an existing file for reading and writing; returns its descriptor, or -1. */
    int openFile(final String path) {
        final byte[] name = path.getBytes(StandardCharsets.UTF_8);
        final long pointer = RawMemory.allocate(name.length + 1L);
        try {
            RawMemory.copy(name, RawMemory.ARRAY_OFFSET, null, pointer, name.length);
            RawMemory.putByte(pointer + name.length, (byte) 0);
            return (int) fileCalls().open().invokeExact(pointer, O_RDWR_CLOEXEC);
        } catch (final Throwable e) {
            throw unexpected(e);
        } finally {
            RawMemory.free(pointer);
        }
    }

    /** Closes a descriptor from {@link #openFile}. */
    void closeFile(final int descriptor) {
        try {
            final int result = (int) fileCalls().close().invokeExact(descriptor);
            assert result == 0 : "close failed: descriptor=" + descriptor;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    /** Takes space for a range of a file; returns 0 or the error's number. */
    int allocateSpace(final int descriptor, final long offset, final long length) {
        try {
            int error;
            do {
                error = (int) fileCalls().posixFallocate().invokeExact(descriptor, offset, length);
            } while (error == EINTR); // a profiler's signal, say
            return error;
        } catch (final Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(final Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }

    /** The part of {@code java.lang.foreign} that makes a method handle of a C function. */
    private static final class Linker {
        private final Object linker;
        private final Object symbols;
        private final Method find;
        private final Method describe;
        private final Method downcall;
        private final Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
        private final Object longLayout = layout("JAVA_LONG");
        private final Object intLayout = layout("JAVA_INT");
        private final Object options;

        Linker() throws ReflectiveOperationException {
            final Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
            final Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");
            final Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");
            final Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
            linker = linkerType.getMethod("nativeLinker").invoke(null);
            symbols = linkerType.getMethod("defaultLookup").invoke(linker);
            find = Class.forName("java.lang.foreign.SymbolLookup").getMethod("find", String.class);
            describe = descriptorType.getMethod("of", layoutType, layoutType.arrayType());
            options = Array.newInstance(optionType, 0);
            downcall = linkerType.getMethod("downcallHandle", segmentType, descriptorType, optionType.arrayType());
        }

        private static Object layout(final String name) throws ReflectiveOperationException {
            return Class.forName("java.lang.foreign.ValueLayout").getField(name).get(null);
        }

        /** A handle of exactly this Java type; pointers and sizes are longs. */
        MethodHandle link(final String name, final Class<?> result, final Class<?>... parameters)
                throws ReflectiveOperationException {
            final Optional<?> symbol = (Optional<?>) find.invoke(symbols, name);
            if (symbol.isEmpty()) {
                throw new NoSuchMethodException(name);
            }
            final Object layouts = Array.newInstance(layoutType, parameters.length);
            for (int i = 0; i < parameters.length; i++) {
                Array.set(layouts, i, layoutOf(parameters[i]));
            }
            final Object descriptor = describe.invoke(null, layoutOf(result), layouts);
            return (MethodHandle) downcall.invoke(linker, symbol.get(), descriptor, options);
        }

        private Object layoutOf(final Class<?> type) {
            return type == long.class ? longLayout : intLayout;
        }
    }
}
