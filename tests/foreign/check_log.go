// Checks an exported audit log with Go's own packages for transparency logs, which know nothing of this project:
// the checkpoint's signature, every entry against its tile, every tile against the signed root, and the same for
// an older checkpoint, whose tree must be the beginning of the newer one.
//
//	check_log VERIFIER-KEY FOLDER [OLDER-CHECKPOINT-FILE]
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), "tile", strconv.Itoa(tile.L), place(tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

// place is <N>[.p/<W>] of C2SP tlog-tiles.
func place(number int64, width int) string {
	path := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		path = fmt.Sprintf("x%03d/%s", number%1000, path)
	}
	if width < 1<<height {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

func open(key, file string) tlog.Tree {
	text, err := os.ReadFile(file)
	fail(err)
	verifier, err := note.NewVerifier(key)
	fail(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	fail(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		fail(fmt.Errorf("the checkpoint is of %s", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	fail(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	fail(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// checkEntries proves each entry of the bundles against the tree.
func checkEntries(tree tlog.Tree, f folder) {
	reader := tlog.TileHashReader(tree, f)
	for start := int64(0); start < tree.N; start += 1 << height {
		width := tree.N - start
		if width > 1<<height {
			width = 1 << height
		}
		name := filepath.Join(string(f), "tile", "entries", place(start>>height, int(width)))
		data, err := os.ReadFile(name)
		fail(err)
		for index := start; index < start+width; index++ {
			length := binary.BigEndian.Uint16(data)
			entry := data[2 : 2+length]
			data = data[2+length:]
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			fail(err)
			fail(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
		}
		if len(data) != 0 {
			fail(fmt.Errorf("%s has bytes left over", name))
		}
	}
}

func main() {
	key, f := os.Args[1], folder(os.Args[2])
	tree := open(key, filepath.Join(string(f), "checkpoint"))
	checkEntries(tree, f)
	if len(os.Args) > 3 {
		older := open(key, os.Args[3])
		proof, err := tlog.ProveTree(tree.N, older.N, tlog.TileHashReader(tree, f))
		fail(err)
		fail(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	}
	fmt.Printf("%d entries\n", tree.N)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
