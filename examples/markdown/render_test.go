package main

import (
	"bytes"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRenderOverHTTP(t *testing.T) {
	server := httptest.NewServer(handler())
	defer server.Close()
	response, err := server.Client().Post(server.URL+"/render", "text/markdown", strings.NewReader("# A *b*\n\n| x |\n|---|\n| 1 |\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<h1 id="a-b">A <em>b</em></h1>`, "<td>1</td>"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("%q is not in %q", want, html)
		}
	}
}

func TestRepeatAnswersEachLine(t *testing.T) {
	var out strings.Builder
	if err := repeat(strings.NewReader("\n\n\n"), &out, "inputs"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || lines[0] != lines[2] || !strings.HasPrefix(lines[0], "ok ") {
		t.Errorf("answers %q", lines)
	}
	if err := repeat(strings.NewReader("\n"), &out, t.TempDir()); err == nil {
		t.Error("no inputs, but no error")
	}
}

func BenchmarkRender(b *testing.B) {
	paths, _ := filepath.Glob("inputs/*.md")
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(b *testing.B) {
			var html bytes.Buffer
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				html.Reset()
				if err := render(source, &html); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
