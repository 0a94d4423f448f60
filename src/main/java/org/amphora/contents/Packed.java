// SPDX-License-Identifier: Apache-2.0
package org.amphora.contents;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.amphora.elf.Version;

/// Records as bytes, for the cache: reading them back takes a fraction of what JSON takes in a
/// process that has just begun. The bytes carry the shape of the records, so those of another
/// version are noticed.
final class Packed {
    private final Map<Class<?>, Shape> shapes = new HashMap<>();

    /// The components of a record type.
    private record Shape(Constructor<?> constructor, List<RecordComponent> components) {}

    private Packed() {}

    static byte[] write(Contents contents) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            Packed packed = new Packed();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(packed.fingerprint());
            packed.write(out, Contents.class, contents);
        } catch (IOException | ReflectiveOperationException e) {
            throw new IllegalStateException("facts cannot be packed", e);
        }
        return bytes.toByteArray();
    }

    /// The reverse of {@link #write}.
    ///
    /// @throws IllegalArgumentException when the bytes are damaged or of another version
    static Contents read(byte[] bytes) {
        try {
            Packed packed = new Packed();
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            if (in.readInt() != packed.fingerprint()) {
                throw new IllegalArgumentException("facts of another version");
            }
            return (Contents) packed.read(in, Contents.class);
        } catch (IOException | ReflectiveOperationException | RuntimeException e) {
            throw new IllegalArgumentException("packed facts are damaged", e);
        }
    }

    /// Of the names and types of all components, in order.
    private int fingerprint() throws ReflectiveOperationException {
        StringBuilder text = new StringBuilder();
        describe(Contents.class, text);
        return text.toString().hashCode();
    }

    private void describe(Type type, StringBuilder text) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) {
            text.append(raw(type).getName());
            for (Type argument : generic.getActualTypeArguments()) {
                describe(argument, text);
            }
            return;
        }
        Class<?> raw = raw(type);
        text.append(raw.getName());
        if (raw.isEnum()) {
            for (Object constant : raw.getEnumConstants()) {
                text.append(constant);
            }
        } else if (raw.isRecord() && !shapes.containsKey(raw)) {
            for (RecordComponent component : shape(raw).components()) {
                text.append(component.getName());
                describe(component.getGenericType(), text);
            }
        }
    }

    private Shape shape(Class<?> type) throws ReflectiveOperationException {
        Shape known = shapes.get(type);
        if (known != null) {
            return known;
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
        }
        Shape shape = new Shape(type.getDeclaredConstructor(types), List.of(components));
        shapes.put(type, shape);
        return shape;
    }

    private void write(DataOutputStream out, Type type, Object value)
            throws IOException, ReflectiveOperationException {
        switch (value) {
            case String text -> text(out, text);
            case Version version -> text(out, version.toString());
            case Boolean flag -> out.writeBoolean(flag);
            case Integer number -> out.writeInt(number);
            case Long number -> out.writeLong(number);
            case Enum<?> constant -> text(out, constant.name());
            case OptionalInt number -> {
                out.writeBoolean(number.isPresent());
                out.writeInt(number.orElse(0));
            }
            case Optional<?> optional -> {
                out.writeBoolean(optional.isPresent());
                if (optional.isPresent()) {
                    write(out, argument(type, 0), optional.get());
                }
            }
            case Collection<?> all -> {
                out.writeInt(all.size());
                for (Object element : all) {
                    write(out, argument(type, 0), element);
                }
            }
            case Map<?, ?> map -> {
                out.writeInt(map.size());
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    write(out, argument(type, 0), entry.getKey());
                    write(out, argument(type, 1), entry.getValue());
                }
            }
            case Record record -> {
                for (RecordComponent component : shape(record.getClass()).components()) {
                    Object part = component.getAccessor().invoke(record);
                    write(out, component.getGenericType(), Objects.requireNonNull(part));
                }
            }
            default -> throw new IllegalStateException("no kind of fact: " + value.getClass());
        }
    }

    private Object read(DataInputStream in, Type type)
            throws IOException, ReflectiveOperationException {
        Class<?> raw = raw(type);
        if (raw.isRecord()) {
            Shape shape = shape(raw);
            Object[] parts = new Object[shape.components().size()];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = read(in, shape.components().get(i).getGenericType());
            }
            return shape.constructor().newInstance(parts);
        }
        if (raw.isEnum()) {
            return constant(raw, text(in));
        }
        return switch (raw.getSimpleName()) {
            case "String" -> text(in);
            case "Version" -> Version.parse(text(in));
            case "boolean" -> in.readBoolean();
            case "int", "Integer" -> in.readInt();
            case "long", "Long" -> in.readLong();
            case "OptionalInt" -> {
                boolean present = in.readBoolean();
                int number = in.readInt();
                yield present ? OptionalInt.of(number) : OptionalInt.empty();
            }
            case "Optional" ->
                    in.readBoolean() ? Optional.of(read(in, argument(type, 0))) : Optional.empty();
            case "List" -> elements(in, type, new ArrayList<>());
            case "Set" -> elements(in, type, new LinkedHashSet<>());
            case "SortedSet" -> elements(in, type, new TreeSet<>());
            case "Map" -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int left = size(in); left > 0; left--) {
                    Object key = read(in, argument(type, 0));
                    map.put(key, read(in, argument(type, 1)));
                }
                yield map;
            }
            default -> throw new IllegalStateException("no kind of fact: " + raw);
        };
    }

    private Collection<Object> elements(DataInputStream in, Type type, Collection<Object> into)
            throws IOException, ReflectiveOperationException {
        for (int left = size(in); left > 0; left--) {
            into.add(read(in, argument(type, 0)));
        }
        return into;
    }

    private static Object constant(Class<?> type, String name) throws IOException {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw new IOException("packed facts have no " + type.getSimpleName() + " " + name);
    }

    /// Each element has a byte at least.
    private static int size(DataInputStream in) throws IOException {
        int size = in.readInt();
        if (size < 0 || size > in.available()) {
            throw new IOException("packed facts have a list of " + size);
        }
        return size;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(size(in)), StandardCharsets.UTF_8);
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }

    private static Class<?> raw(Type type) {
        return type instanceof ParameterizedType generic
                ? (Class<?>) generic.getRawType()
                : (Class<?>) type;
    }
}
