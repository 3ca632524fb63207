package value

// Run runs steps on the texts of an answer, in order, and drops what becomes empty.
func Run(steps []Step, texts []string) []string {
	texts = filled(texts)
	for _, step := range steps {
		switch {
		case len(texts) == 0 && !step.Always:
			continue
		case step.List != nil:
			texts = step.List(texts)
		default:
			changed := make([]string, len(texts))
			for i, text := range texts {
				changed[i] = step.Text(text)
			}
			texts = changed
		}
		texts = filled(texts)
	}
	return texts
}

// RunText runs steps on an answer of one text, or of none, which is "". Where that stays one text, or becomes none, list
// is nil; otherwise list has the texts, of which there are several. It needs no memory of its own while there is only
// one text.
func RunText(steps []Step, text string) (one string, list []string) {
	for i, step := range steps {
		switch {
		case step.List != nil && (text != "" || step.Always):
			texts := []string{text}
			list = Run(steps[i:], texts)
			switch len(list) {
			case 0:
				return "", nil
			case 1:
				return list[0], nil
			}
			return "", list
		case step.List == nil && (text != "" || step.Always):
			text = step.Text(text)
		}
	}
	return text, nil
}

// filled are the texts that are not empty.
func filled(texts []string) []string {
	for i, text := range texts {
		if text != "" {
			continue
		}
		kept := append([]string(nil), texts[:i]...)
		for _, text := range texts[i+1:] {
			if text != "" {
				kept = append(kept, text)
			}
		}
		return kept
	}
	return texts
}
