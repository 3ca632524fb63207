package value

func firstNameTransform() Transform {
	return simple("first_name", "The first name in a full name, without titles. A single name is a first name.",
		func(full string) string {
			first, _ := SplitName(full)
			return first
		},
		Example{In: "Dr. Jan van der Berg", Out: "Jan"},
		Example{In: "García López, María", Out: "María"},
		Example{In: "Prince", Out: "Prince"})
}

func lastNameTransform() Transform {
	return simple("last_name", "The last name in a full name, with what belongs to it: van der, Jr. Nothing for a single name.",
		func(full string) string {
			_, last := SplitName(full)
			return last
		},
		Example{In: "Dr. Jan van der Berg", Out: "van der Berg"},
		Example{In: "Sammy Davis, Jr.", Out: "Davis Jr."},
		Example{In: "Prince", Out: nil})
}
